import { serverBusy } from './errors.ts'

/** The bounds of a new password, in characters. */
export const newPasswordLength = { min: 12, max: 256, words: '12 to 256 characters' } as const

/** Whether a new password keeps to them. */
export function isNewPassword(password: string | undefined): password is string {
  const { length } = password ?? ''
  return length >= newPasswordLength.min && length <= newPasswordLength.max
}

/** Hashes and verifies passwords with bounded concurrency, so that sign-ins never starve chats of CPU. */
export interface Passwords {
  /** argon2id hash of a new password. */
  hash(password: string): Promise<string>
  /**
   * Verifies against an argon2id or bcrypt hash. Without a hash (unknown user, linked row) it costs the same time and
   * is false. `rehash` tells that the hash is of an older kind and should be replaced now.
   */
  verify(password: string, hash: string | null): Promise<{ ok: boolean; rehash: boolean }>
}

const argon2 = { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 } as const

/**
 * argon2id with 19 MiB and t=2 (OWASP password storage cheat sheet). At most `concurrencyMax` hashes run at once and
 * `waitingMax` wait; one more is refused with `server.busy` 503 at once.
 */
export async function createPasswords(options: { concurrencyMax: number; waitingMax: number }): Promise<Passwords> {
  let running = 0
  const waiting: (() => void)[] = []
  // Verified against when there is no user, so that an unknown address costs what a wrong password costs.
  const nobody = await Bun.password.hash(crypto.randomUUID(), argon2)

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= options.concurrencyMax) {
      if (waiting.length >= options.waitingMax) {
        throw serverBusy({
          detail: 'Too many sign-ins at once. Try again in a moment.',
          headers: { 'retry-after': '2' },
        })
      }
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else {
      running++
    }
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }

  return {
    hash: (password) => inTurn(() => Bun.password.hash(password, argon2)),
    verify: (password, hash) =>
      inTurn(async () => {
        const usable = hash !== null && (hash.startsWith('$argon2') || /^\$2[aby]\$/.test(hash)) ? hash : undefined
        const ok = await Bun.password.verify(password, usable ?? nobody).catch(() => false)
        return { ok: ok && usable !== undefined, rehash: usable !== undefined && !usable.startsWith('$argon2id$') }
      }),
  }
}
