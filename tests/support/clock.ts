import type { Clock } from '../../server/platform/clock.ts'

/** A clock that stands still until a test moves it. */
export interface TestClock extends Clock {
  /** Lets time pass: both clocks go on by so much. */
  advanceMs(ms: number): void
  /** Steps the wall clock alone, as a correction of the machine's time would (guarantee D11). */
  stepWallMs(ms: number): void
  /** Sets the wall clock alone. */
  setWall(now: Date): void
}

/** Makes a test's clock, by default at the machine's present time. */
export function createTestClock(start: Date = new Date()): TestClock {
  let wallMs = start.getTime()
  let monotonicMs = 1_000
  return {
    now: () => new Date(wallMs),
    monotonicMs: () => monotonicMs,
    advanceMs(ms) {
      wallMs += ms
      monotonicMs += ms
    },
    stepWallMs(ms) {
      wallMs += ms
    },
    setWall(now) {
      wallMs = now.getTime()
    },
  }
}

/**
 * A test's clock that is ahead of the machine's, for servers whose tokens are used: their time of issue is the
 * machine's, and one in the future makes a token invalid.
 */
export function createClockAhead(): TestClock {
  return createTestClock(new Date(Date.now() + 600_000))
}
