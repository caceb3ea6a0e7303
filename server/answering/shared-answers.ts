import { isUuid, type TenantId } from '../platform/ids.ts'
import type { Log } from '../platform/log.ts'
import type { Redis } from '../platform/redis.ts'
import type { AnswerOwner } from './answer-owner.ts'
import { deleteMirrors, mirrorAnswer, type MirrorWriter } from './answer-mirror.ts'
import { type AnswerReader, type Problem, readersMax } from './answer-reader.ts'
import type { AnswerStream } from './answer-stream.ts'
import { readMirroredAnswer } from './mirrored-reader.ts'
import { type SharedAnswer, shareAnswer } from './shared-answer.ts'

/** The answers of this process that may be read again: those under way, and for some minutes those that ended. */
export interface SharedAnswers {
  /** Makes an answer readable by its owner, and gives the first reader. */
  share(answer: {
    stream: AnswerStream
    owner: AnswerOwner
    /** It goes on for a minute without a reader; otherwise for a moment. */
    isResumable: boolean
    describeFailure: (thrown: unknown) => Problem
  }): AnswerReader
  /**
   * Reads behind a frame, here or (with Redis) what another replica writes; undefined when there is no such answer of
   * this owner, or nothing is left to read.
   */
  find(wanted: Wanted): Promise<AnswerReader | undefined>
  /**
   * Forgets what a tenant that is purged was answered, here and in Redis. What cannot be reached forgets it by itself
   * within minutes, and nobody can ask for it any more.
   */
  forget(tenantId: TenantId): Promise<void>
  /** Resolves when other replicas have what there is. */
  stop(): Promise<void>
}

/** Which answer is read again, by whom, and behind which of its frames. */
interface Wanted {
  streamId: string
  owner: AnswerOwner
  afterId: number
  describeFailure: (thrown: unknown) => Problem
}

/** What a connection that was lost and taken up again at once takes; the upstream is ended within 1 s (guarantee D8). */
const graceMs = 400
/** How long a reader of a resumable answer may be away. */
const resumableGraceMs = 60_000
const keptMs = 300_000
const endedBytesMax = 64 * 1024 * 1024
/** What an answer takes beside its bytes, about. */
const overheadBytes = 2_048
const sweptEveryMs = 5_000

interface Kept {
  answer: SharedAnswer
  owner: AnswerOwner
  mirror: MirrorWriter | undefined
}

/** Keeps answers for readers who come back. Bounded in time and bytes: the ones that ended first go first. */
export function createSharedAnswers(options: {
  redis: Redis | undefined
  log: Log
  /** Shorter ones for tests. */
  graceMs?: number
  resumableGraceMs?: number
}): SharedAnswers {
  const { redis } = options
  const underWay = new Map<string, Kept>()
  /** In the order in which they ended. */
  const ended = new Map<string, Kept & { endedMs: number }>()
  let endedBytes = 0
  /** Readers of answers that other replicas write, oldest first: each looks into Redis ten times a second. */
  const elsewhere = new Map<string, Set<AnswerReader>>()

  const sizeOf = ({ answer }: Kept): number => answer.frames.size + overheadBytes

  function noteEnd(entry: Kept): void {
    const { streamId } = entry.answer
    if (!underWay.delete(streamId)) return
    ended.set(streamId, { ...entry, endedMs: performance.now() })
    endedBytes += sizeOf(entry)
    sweep()
  }

  function sweep(): void {
    const dueMs = performance.now() - keptMs
    for (const [streamId, entry] of ended) {
      if (entry.endedMs > dueMs && endedBytes <= endedBytesMax) return
      remove(streamId, entry)
    }
  }

  function remove(streamId: string, entry: Kept): void {
    ended.delete(streamId)
    endedBytes -= sizeOf(entry)
  }

  async function readElsewhere(redis: Redis, wanted: Wanted): Promise<AnswerReader | undefined> {
    const { streamId } = wanted
    const reader = await readMirroredAnswer(redis, {
      ...wanted,
      onLeave() {
        const readers = elsewhere.get(streamId)
        if (reader) readers?.delete(reader)
        if (readers?.size === 0) elsewhere.delete(streamId)
      },
    })
    if (!reader) return undefined
    const readers = elsewhere.get(streamId) ?? new Set()
    elsewhere.set(streamId, readers.add(reader))
    if (readers.size > readersMax) [...readers][0]?.leave()
    return reader
  }

  const sweeping = setInterval(sweep, sweptEveryMs)
  sweeping.unref()

  return {
    share({ stream, owner, isResumable, describeFailure }) {
      const answer = shareAnswer({
        stream,
        graceMs: isResumable ? (options.resumableGraceMs ?? resumableGraceMs) : (options.graceMs ?? graceMs),
        describeFailure,
        isReadElsewhere: async () => (await entry.mirror?.isRead()) ?? false,
        onGrowth(frames, isAlone) {
          entry.mirror?.note(isAlone)
          if (frames.isEnded) noteEnd(entry)
        },
        log: options.log,
      })
      const { streamId, frames } = answer
      const entry: Kept = { answer, owner, mirror: redis && mirrorAnswer(redis, { streamId, owner }, frames) }
      underWay.set(streamId, entry)
      return answer.read(0)
    },
    async find(wanted) {
      const { streamId, afterId } = wanted
      const entry = underWay.get(streamId) ?? ended.get(streamId)
      // Whether Redis has it is not known while it is away; then there is nothing.
      if (!entry) return redis && isUuid(streamId) ? readElsewhere(redis, wanted).catch(() => undefined) : undefined
      if (!isOwner(entry.owner, wanted.owner)) return undefined
      const { frames } = entry.answer
      return frames.isEnded && afterId >= frames.lastId ? undefined : entry.answer.read(afterId)
    },
    async forget(tenantId) {
      for (const [streamId, entry] of ended) if (entry.owner.tenantId === tenantId) remove(streamId, entry)
      if (!redis) return
      await deleteMirrors(redis, tenantId).catch((err: unknown) => {
        options.log.warn({ err, tenant_id: tenantId }, 'answers of a purged tenant stay in Redis for some minutes')
      })
    },
    async stop() {
      clearInterval(sweeping)
      await Promise.all([...underWay.values(), ...ended.values()].map(async ({ mirror }) => mirror?.flushed()))
    },
  }
}

function isOwner(one: AnswerOwner, other: AnswerOwner): boolean {
  return one.tenantId === other.tenantId && one.userId === other.userId && one.purpose === other.purpose
}
