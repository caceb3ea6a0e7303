import type { FrameLog } from '../platform/frame-log.ts'
import type { TenantId } from '../platform/ids.ts'
import { deleteRedisKeys } from '../platform/redis-keys.ts'
import { defineRedisScript, type Redis } from '../platform/redis.ts'
import type { AnswerOwner } from './answer-owner.ts'

/** Where the copy of an answer's frames is, and whose it is. */
export interface MirroredAnswer {
  streamId: string
  owner: AnswerOwner
}

/** Copies one answer's frames to Redis, for readers on other replicas. */
export interface MirrorWriter {
  /** There is more; soon when `isUrgent`, as when nobody here reads it. */
  note(isUrgent: boolean): void
  /** Does a reader elsewhere follow it? Throws when Redis is not available. */
  isRead(): Promise<boolean>
  /** Resolves when what there was has been copied, or could not be. */
  flushed(): Promise<void>
}

/** What a reader elsewhere gets of a copy. */
export interface MirrorPart {
  /** Whole frames. */
  text: string
  /** How long that is in Redis. */
  bytes: number
  isEnded: boolean
  /** Its replica has given a sign of life within the last seconds. */
  isAlive: boolean
}

const copiedEveryMs = 500
const copiedSoonMs = 40
const heartbeatMs = 2_000
const aliveMs = 8_000
/** How long a reader's presence counts. */
const readMs = 3_000
const keptSeconds = 300
/** When Redis is away at the end of an answer, it is tried again for some seconds. */
const triesAfterEndMax = 20
const bytesAtOnceMax = 512 * 1024

/**
 * Writes a piece where it belongs, so that writing it twice changes nothing. Answers how many bytes there are now: fewer
 * than the piece's offset when Redis has forgotten them, and then nothing was written. What has ended stays ended.
 */
const writePiece = defineRedisScript(`
  local have = redis.call('STRLEN', KEYS[1])
  local offset = tonumber(ARGV[1])
  if have < offset then return have end
  if #ARGV[2] > 0 then redis.call('SETRANGE', KEYS[1], offset, ARGV[2]) end
  redis.call('HSET', KEYS[2], 'user', ARGV[4], 'purpose', ARGV[5])
  if ARGV[3] == '1' then redis.call('HSET', KEYS[2], 'ended', '1') end
  redis.call('EXPIRE', KEYS[1], ARGV[6])
  redis.call('EXPIRE', KEYS[2], ARGV[6])
  redis.call('SET', KEYS[3], '1', 'PX', ARGV[7])
  return redis.call('STRLEN', KEYS[1])`)

/** Reads from an offset on, and says that somebody does. Answers nothing unless it is this user's. */
const readPiece = defineRedisScript(`
  local meta = redis.call('HMGET', KEYS[2], 'user', 'purpose', 'ended')
  if meta[1] ~= ARGV[2] or meta[2] ~= ARGV[3] then return false end
  redis.call('SET', KEYS[4], '1', 'PX', ARGV[4])
  return {redis.call('GETRANGE', KEYS[1], ARGV[1], -1), meta[3] or '0', redis.call('EXISTS', KEYS[3])}`)

/** The keys of one answer's copy. The tenant is part of them, the user is checked in the value (guarantee A8). */
function keysOf(redis: Redis, { streamId, owner }: MirroredAnswer) {
  const key = (part: string): string => redis.key('streams', owner.tenantId, streamId, part)
  return { frames: key('frames'), meta: key('meta'), alive: key('alive'), read: key('read') }
}

/** Deletes the copies of a tenant's answers. Throws when Redis is not available. */
export function deleteMirrors(redis: Redis, tenantId: TenantId): Promise<void> {
  return deleteRedisKeys(redis, redis.key('streams', tenantId, ''))
}

/** Copies frames as they come, some at a time; while Redis is away nothing is copied, and all of it afterwards. */
export function mirrorAnswer(redis: Redis, answer: MirroredAnswer, frames: FrameLog): MirrorWriter {
  const keys = keysOf(redis, answer)
  const decoder = new TextDecoder()
  let copied = { id: 0, bytes: 0 }
  let isEndCopied = false
  let waiting: { timer: ReturnType<typeof setTimeout>; dueMs: number } | undefined
  let copying: Promise<void> | undefined
  let triesLeft = triesAfterEndMax

  const isComplete = (): boolean => copied.id === frames.lastId && (isEndCopied || !frames.isEnded)

  async function copy(): Promise<void> {
    do {
      const piece = frames.read(copied.id, bytesAtOnceMax)
      const next = { id: piece?.lastId ?? copied.id, bytes: copied.bytes + (piece?.bytes.byteLength ?? 0) }
      const isLast = frames.isEnded && next.id === frames.lastId
      const { owner } = answer
      const have = Number(
        await redis.run(writePiece, {
          keys: [keys.frames, keys.meta, keys.alive],
          args: [
            String(copied.bytes),
            decoder.decode(piece?.bytes),
            isLast ? '1' : '0',
            owner.userId,
            owner.purpose,
            String(keptSeconds),
            String(aliveMs),
          ],
        }),
      )
      const isWritten = have >= next.bytes
      isEndCopied = isLast && isWritten
      // Redis forgot what it had: from the beginning, then.
      copied = isWritten ? next : { id: 0, bytes: 0 }
    } while (!isComplete())
  }

  function run(): void {
    clearTimeout(waiting?.timer)
    waiting = undefined
    copying ??= copy()
      // Without Redis nobody elsewhere can read it; the next piece tries again.
      .catch(() => undefined)
      .finally(() => {
        copying = undefined
        if (!frames.isEnded) schedule(isComplete() ? heartbeatMs : copiedEveryMs)
        else if (!isComplete() && triesLeft-- > 0) schedule(copiedEveryMs)
      })
  }

  function schedule(afterMs: number): void {
    const dueMs = performance.now() + afterMs
    if (waiting && waiting.dueMs <= dueMs) return
    clearTimeout(waiting?.timer)
    waiting = { timer: setTimeout(run, afterMs), dueMs }
    waiting.timer.unref()
  }

  return {
    note(isUrgent) {
      // The beginning at once: with it readers elsewhere find the answer, and wait for the rest.
      if (frames.isEnded || copied.id === 0) run()
      else schedule(isUrgent ? copiedSoonMs : copiedEveryMs)
    },
    isRead: async () => Number(await redis.send('EXISTS', [keys.read])) > 0,
    async flushed() {
      if (!isComplete()) run()
      await copying
    },
  }
}

/** Reads a copy from an offset on; undefined when there is none of this owner. Throws when Redis is not available. */
export async function readMirror(
  redis: Redis,
  answer: MirroredAnswer,
  offset: number,
): Promise<MirrorPart | undefined> {
  const keys = keysOf(redis, answer)
  const reply = await redis.run(readPiece, {
    keys: [keys.frames, keys.meta, keys.alive, keys.read],
    args: [String(offset), answer.owner.userId, answer.owner.purpose, String(readMs)],
  })
  if (!Array.isArray(reply)) return undefined
  const [text, ended, alive]: unknown[] = reply
  const frames = typeof text === 'string' ? text : ''
  return {
    text: frames,
    bytes: Buffer.byteLength(frames),
    isEnded: ended === '1',
    isAlive: Number(alive) > 0,
  }
}
