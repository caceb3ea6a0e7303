/**
 * Runs a call of an SDK with one deadline over everything it does, its pauses between retries included: the work gets a
 * signal that aborts with `makeTimeout()` at the deadline or with the caller's reason, and the promise rejects at that
 * moment whether or not the SDK notices.
 */
export async function callWithDeadline<T>(
  options: { timeoutMs: number; signal: AbortSignal; makeTimeout: () => Error },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { timeoutMs, signal, makeTimeout } = options
  signal.throwIfAborted()
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(makeTimeout()), timeoutMs)
  const onAbort = (): void => controller.abort(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await new Promise<T>((resolve, reject) => {
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true })
      work(controller.signal).then(resolve, reject)
    })
  } catch (error) {
    // SDKs wrap what our fetch throws; the abort's reason is what happened.
    if (controller.signal.aborted) throw controller.signal.reason
    throw error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    controller.abort()
  }
}
