/** Where time comes from: wall-clock for stamps, monotonic for durations, so that a stepped clock breaks neither. */
export interface Clock {
  /** Wall-clock now. */
  now(): Date
  /** Milliseconds of a clock that never steps; only differences mean anything. */
  monotonicMs(): number
}

/** The machine's own clocks. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
}
