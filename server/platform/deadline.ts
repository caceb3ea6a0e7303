import { defineError } from './errors.ts'

/** A call of ours took longer than its deadline. */
export const serverTimeout = defineError({ code: 'server.timeout', status: 503, title: 'The server took too long' })

/**
 * Waits for a promise, at most `timeoutMs`; then throws `makeError()`. The work itself is not stopped: pass it a signal
 * where it can be.
 */
export async function withDeadline<T>(work: Promise<T>, timeoutMs: number, makeError: () => Error): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(makeError()), timeoutMs)
  })
  try {
    return await Promise.race([work, expired])
  } finally {
    clearTimeout(timer)
  }
}
