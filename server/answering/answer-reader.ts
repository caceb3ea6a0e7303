import type { FrameLog } from '../platform/frame-log.ts'
import { encodeSseFrame } from '../platform/sse.ts'

/** One reader of an answer's frames, here or on another replica. */
export interface AnswerReader {
  readonly streamId: string
  /** The bytes that come next; undefined after the last, and once it left. Not for concurrent calls. */
  next(): Promise<Uint8Array<ArrayBuffer> | undefined>
  /** Everything was given. */
  readonly isAtEnd: boolean
  /** Resolves when nothing will be added any more. */
  readonly ended: Promise<void>
  /** The code of the `error` event that ended it, if one did. */
  readonly problemCode: string | undefined
  /** It reads no further. Idempotent. */
  leave(): void
  /** Ends this reader alone with an `error` event, as when its own access ended. It has no number: the answer goes on. */
  cut(problem: Problem): void
}

/** An error as it is sent (RFC 9457). */
export type Problem = Record<string, unknown> & { code: string }

/** A reader, and what tells it that there may be more. */
export interface WakeableReader extends AnswerReader {
  wake(): void
  /** Nothing will be added any more. */
  end(): void
}

/**
 * Readers of one answer at a time, on each replica: a few windows, and connections that are gone without a word. One more
 * takes the place of the oldest, so that nobody can have an answer told again and again at once.
 */
export const readersMax = 8

/** Of a replay no more is given at once, so that a slow reader is not sent all of it. */
const bytesAtOnceMax = 64 * 1024

/**
 * Reads a log behind a frame.
 * @param source.afterId 0 for everything
 * @param source.demand asks for more; whoever adds it calls `wake`, and `end` after the last
 */
export function readLog(source: {
  streamId: string
  log: FrameLog
  afterId: number
  demand: () => void
  problemCode?: () => string | undefined
  onLeave: () => void
}): WakeableReader {
  const { log, afterId } = source
  const { promise: ended, resolve: noteEnd } = Promise.withResolvers<void>()
  let position = afterId
  let lastWord: Uint8Array<ArrayBuffer> | undefined
  let ownProblem: string | undefined
  let hasLeft = false
  let wake: (() => void) | undefined
  if (log.isEnded) noteEnd()

  function leave(): void {
    lastWord = undefined
    if (hasLeft) return
    hasLeft = true
    wake?.()
    source.onLeave()
  }

  function take(): Uint8Array<ArrayBuffer> | undefined {
    if (lastWord) {
      const word = lastWord
      leave()
      return word
    }
    if (hasLeft) return undefined
    const frames = log.read(position, bytesAtOnceMax)
    position = frames?.lastId ?? position
    return frames?.bytes
  }

  return {
    streamId: source.streamId,
    ended,
    get isAtEnd() {
      return hasLeft || (!lastWord && log.isEnded && position >= log.lastId)
    },
    get problemCode() {
      return ownProblem ?? source.problemCode?.()
    },
    async next() {
      for (;;) {
        const bytes = take()
        if (bytes || log.isEnded || hasLeft) return bytes
        const growth = new Promise<void>((resolve) => {
          wake = resolve
        })
        source.demand()
        await growth
      }
    },
    leave,
    cut(problem) {
      if (hasLeft || lastWord) return
      ownProblem = problem.code
      lastWord = encodeSseFrame({ event: 'error', data: problem })
      wake?.()
      noteEnd()
    },
    wake: () => wake?.(),
    end() {
      wake?.()
      noteEnd()
    },
  }
}
