import { defineError } from '../platform/errors.ts'
import { FrameLog } from '../platform/frame-log.ts'
import type { Redis } from '../platform/redis.ts'
import { type MirroredAnswer, readMirror } from './answer-mirror.ts'
import { type AnswerReader, type Problem, readLog } from './answer-reader.ts'

/** The replica that wrote an answer is gone, and with it the rest of the answer. */
export const streamLost = defineError({
  code: 'stream.lost',
  status: 503,
  title: 'The answer was cut off',
})

const lookedAfterMs = 100
/** How long Redis may be away, or without the copy, before a reader is told so. */
const awayMsMax = 10_000

/**
 * Reads an answer that another replica writes, out of its copy; undefined when there is none of this owner, or nothing
 * is left to read. When the copy ends before the answer does, the last event is `stream.lost`.
 */
export async function readMirroredAnswer(
  redis: Redis,
  wanted: MirroredAnswer & {
    afterId: number
    describeFailure: (thrown: unknown) => Problem
    onLeave: () => void
  },
): Promise<AnswerReader | undefined> {
  const { streamId, afterId } = wanted
  const first = await readMirror(redis, wanted, 0)
  if (!first) return undefined
  const frames = new FrameLog()
  frames.appendFrames(first.text)
  let offset = first.bytes
  if (first.isEnded) frames.end()
  if (first.isEnded && afterId >= frames.lastId) return undefined
  const leaving = new AbortController()
  const reader = readLog({
    streamId,
    log: frames,
    afterId,
    // What there is comes by itself.
    demand: () => undefined,
    onLeave() {
      leaving.abort()
      wanted.onLeave()
    },
  })

  async function follow(): Promise<void> {
    let answeredMs = performance.now()
    while (!frames.isEnded && !leaving.signal.aborted) {
      await Bun.sleep(lookedAfterMs)
      const part = await readMirror(redis, wanted, offset).catch(() => undefined)
      if (part) answeredMs = performance.now()
      // Redis is away, or came back empty: whoever writes the answer fills it again.
      else if (performance.now() - answeredMs < awayMsMax) continue
      if (part?.bytes) {
        frames.appendFrames(part.text)
        offset += part.bytes
        reader.wake()
      }
      if (part?.isEnded) {
        frames.end()
        reader.end()
      } else if (!part?.isAlive) {
        reader.cut(wanted.describeFailure(streamLost({ detail: 'The rest of the answer is lost. Ask again.' })))
        return
      }
    }
  }
  void follow()
  return reader
}
