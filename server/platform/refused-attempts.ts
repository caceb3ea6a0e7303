import type { ErrorOccurrence } from './errors.ts'

/** An attempt that a limit refused. */
export interface RefusedAttempt {
  /** Whose count it is: `address`, `tenant`, `caller` … */
  scope: string
  limit: number
  spent: number
  /** Until the window ends. */
  endsInMs: number
  now: Date
  /** The sentence for the caller. @param wait `40 seconds`, `12 minutes` */
  tell: (wait: string) => string
  headers?: (seconds: string) => Record<string, string>
}

/** What a 429 says: its sentence, `Retry-After`, and scope, limit, spent and resets_at as the contract names them. */
export function occurrenceOf(refused: RefusedAttempt): ErrorOccurrence {
  const seconds = Math.max(1, Math.ceil(refused.endsInMs / 1000))
  return {
    detail: refused.tell(describeWait(seconds)),
    headers: { ...refused.headers?.(String(seconds)), 'retry-after': String(seconds) },
    extensions: {
      scope: refused.scope,
      limit: refused.limit,
      spent: refused.spent,
      resets_at: new Date(refused.now.getTime() + seconds * 1000).toISOString(),
    },
  }
}

/** Seconds in words: `1 second`, `90 seconds`, `12 minutes`, `3 hours`, `9 days`; rounded up. */
export function describeWait(seconds: number): string {
  if (seconds < 120) return seconds === 1 ? '1 second' : `${seconds} seconds`
  if (seconds < 7_200) return `${Math.ceil(seconds / 60)} minutes`
  return seconds < 172_800 ? `${Math.ceil(seconds / 3_600)} hours` : `${Math.ceil(seconds / 86_400)} days`
}
