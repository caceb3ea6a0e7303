import type { Clock } from './clock.ts'

/** What became of an attempt. */
export interface Attempt {
  allowed: boolean
  /** Attempts counted in the present window, this one included. */
  spent: number
  /** Milliseconds until the window ends. */
  endsInMs: number
}

/** Counts attempts by key, in windows that begin with a key's first attempt. */
export interface AttemptLimit {
  readonly max: number
  /** Counts an attempt; one past the maximum is not allowed, and does not prolong the window. */
  take(key: string): Attempt
}

/** The present window of a key. */
export interface AttemptWindow {
  /** Attempts that this process counted. */
  own: number
  /** Attempts that other processes told of. */
  elsewhere: number
  /** On the monotonic clock. */
  endsAtMs: number
}

/**
 * A limit of this process, on the monotonic clock: a step of the wall clock unlocks nothing (guarantee D11). When more
 * keys are known than may be, the one whose window is the oldest is forgotten.
 * @param options.share hears of each attempt, and may put in what was counted elsewhere
 */
export function createAttemptLimit(options: {
  max: number
  windowMs: number
  keysMax: number
  clock: Pick<Clock, 'monotonicMs'>
  share?: (key: string, window: AttemptWindow) => void
}): AttemptLimit {
  const { max, windowMs, keysMax, clock, share } = options
  // In the order in which the windows began.
  const windows = new Map<string, AttemptWindow>()

  function open(key: string, now: number): AttemptWindow {
    const known = windows.get(key)
    if (known && known.endsAtMs > now) return known
    windows.delete(key)
    for (const [oldest, { endsAtMs }] of windows) {
      if (endsAtMs > now && windows.size < keysMax) break
      windows.delete(oldest)
    }
    const opened = { own: 0, elsewhere: 0, endsAtMs: now + windowMs }
    windows.set(key, opened)
    return opened
  }

  return {
    max,
    take(key) {
      const now = clock.monotonicMs()
      const window = open(key, now)
      const allowed = window.own + window.elsewhere < max
      if (allowed) window.own++
      share?.(key, window)
      return { allowed, spent: Math.min(max, window.own + window.elsewhere), endsInMs: window.endsAtMs - now }
    },
  }
}
