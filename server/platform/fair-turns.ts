import { createWaitingLine, type LineBounds } from './waiting-line.ts'

/** Turns at something of which there is not enough for everybody at once. */
export interface FairTurns {
  /** Turns that are taken now, and those who wait for one. */
  readonly taken: number
  readonly waiting: number
  /** Takes a turn without waiting; false when none is free for this party. Give it back by `giveBack`, once. */
  takeNow(party: string): boolean
  /**
   * Waits for a turn; give it back by `giveBack`, once. Throws what `describeBusy` makes when the line is too long or it
   * takes too long, and the signal's reason once it is aborted.
   */
  wait(party: string, signal?: AbortSignal): Promise<void>
  giveBack(party: string): void
  /** Refuses all who wait. */
  refuseAll(error: Error): void
}

/**
 * At most so many turns at once, and at most half of them one party's: whatever a party asks for, others find a turn
 * soon, and where all are taken the parties that wait are served one after the other.
 * @param options.perPartyMax instead of half
 * @param options.onWait hears how long somebody waited who has a turn now, in milliseconds
 */
export function createFairTurns(options: {
  atOnceMax: number
  perPartyMax?: number
  line: LineBounds
  onWait?: (waitedMs: number) => void
}): FairTurns {
  const { atOnceMax, perPartyMax = Math.max(1, Math.floor(atOnceMax / 2)) } = options
  const line = createWaitingLine<undefined>(options.line)
  const held = new Map<string, number>()
  let taken = 0

  const mayHave = (party: string): boolean => (held.get(party) ?? 0) < perPartyMax

  function note(party: string): void {
    held.set(party, (held.get(party) ?? 0) + 1)
    taken++
  }

  return {
    get taken() {
      return taken
    },
    get waiting() {
      return line.length
    },
    takeNow(party) {
      // Who waits while there are free turns has all that it may have.
      if (taken >= atOnceMax || !mayHave(party)) return false
      note(party)
      return true
    },
    async wait(party, signal) {
      const startedMs = performance.now()
      await line.join(party, signal)
      options.onWait?.(performance.now() - startedMs)
    },
    giveBack(party) {
      const left = (held.get(party) ?? 1) - 1
      if (left === 0) held.delete(party)
      else held.set(party, left)
      taken--
      // Counted before it hears of it: a turn that was given is nobody else's any more.
      const next = line.serve(undefined, mayHave)
      if (next !== undefined) note(next)
    },
    refuseAll: (error) => line.refuseAll(error),
  }
}
