import type { Clock } from './clock.ts'
import { newId } from './ids.ts'
import type { AttemptWindow } from './rate-limit.ts'
import { defineRedisScript, type Redis } from './redis.ts'

/** What Redis knows a window of this process by. */
interface SharedWindow {
  /** The field of its count, of its own so that telling it twice counts nothing twice. */
  field: string
  /** The window of all replicas that it is a part of; empty before the first answer. */
  id: string
  /** The count that Redis has. */
  told: number
}

/** Between two exchanges; what was counted meanwhile is told at once. */
const pauseMs = 25
const keysAtOnceMax = 200

/*
 * A key is a hash of the window's id and each replica's count. Arguments are the window's length, then for each key the
 * field, the id it is believed to have ('' for none yet) and the count. Answers for each key the id, the sum of all
 * counts, and the milliseconds left. Counts of a window that is over are not counted in the next one.
 */
const exchangeScript = defineRedisScript(`
local time = redis.call('TIME')
local out = {}
for i, key in ipairs(KEYS) do
  local field, believed, count = ARGV[i * 3 - 1], ARGV[i * 3], tonumber(ARGV[i * 3 + 1])
  local id = redis.call('HGET', key, 'id')
  if believed ~= '' and believed ~= id then count = 0 end
  if not id and count > 0 then
    id = time[1] .. '.' .. time[2]
    redis.call('HSET', key, 'id', id)
    redis.call('PEXPIRE', key, ARGV[1])
  end
  local sum = 0
  if id then
    if count > 0 then redis.call('HSET', key, field, count) end
    local all = redis.call('HGETALL', key)
    for j = 1, #all, 2 do
      if all[j] ~= 'id' then sum = sum + tonumber(all[j + 1]) end
    end
  end
  out[#out + 1] = id or ''
  out[#out + 1] = sum
  out[#out + 1] = math.max(redis.call('PTTL', key), 0)
end
return out
`)

/**
 * Makes the replicas' attempt limits one: each counts by itself, so that no request waits for Redis, and they tell each
 * other beside it, 25 ms apart. What one replica allows beyond the maximum is what came to it between two exchanges.
 * While Redis is away each goes by itself, and tells what it counted when Redis is back, as counts are told whole.
 * @returns the `share` of `createAttemptLimit`
 */
export function createAttemptExchange(options: {
  redis: Redis
  /** Of the limit, in the names of its keys. */
  name: string
  windowMs: number
  clock: Pick<Clock, 'monotonicMs'>
}): (key: string, window: AttemptWindow) => void {
  const { redis, name, windowMs, clock } = options
  const processId = newId()
  const known = new WeakMap<AttemptWindow, SharedWindow>()
  const untold = new Map<string, AttemptWindow>()
  let windows = 0
  let isRunning = false

  function sharedOf(window: AttemptWindow): SharedWindow {
    let shared = known.get(window)
    if (!shared) {
      shared = { field: `${processId}:${++windows}`, id: '', told: 0 }
      known.set(window, shared)
    }
    return shared
  }

  async function tell(told: [string, AttemptWindow, number][]): Promise<void> {
    const reply = await redis.run(exchangeScript, {
      keys: told.map(([key]) => redis.key(name, key)),
      args: [
        String(windowMs),
        ...told.flatMap(([, window, own]) => {
          const { field, id } = sharedOf(window)
          return [field, id, String(own)]
        }),
      ],
    })
    if (!Array.isArray(reply)) return
    const answers: unknown[] = reply
    const now = clock.monotonicMs()
    for (const [index, [, window, own]] of told.entries()) {
      const [id, sum, leftMs] = answers.slice(index * 3, index * 3 + 3)
      const shared = sharedOf(window)
      const isOver = shared.id !== '' && shared.id !== String(id)
      if (isOver) window.own -= own
      shared.id = String(id)
      shared.told = isOver ? 0 : own
      window.elsewhere = Math.max(0, Number(sum) - (isOver ? 0 : own))
      window.endsAtMs = now + Number(leftMs)
    }
  }

  /** Some of what is to be told, each with its count as it is now. */
  function takeUntold(): [string, AttemptWindow, number][] {
    const now = clock.monotonicMs()
    const taken: [string, AttemptWindow, number][] = []
    for (const [key, window] of untold) {
      if (taken.length === keysAtOnceMax) break
      untold.delete(key)
      if (window.endsAtMs > now) taken.push([key, window, window.own])
    }
    return taken
  }

  async function exchange(): Promise<void> {
    isRunning = true
    while (untold.size > 0 && redis.isAvailable) {
      const told = takeUntold()
      // What could not be told is told with the next attempt, be it refused.
      if (told.length > 0) await tell(told).catch(() => undefined)
      await Bun.sleep(pauseMs)
    }
    isRunning = false
  }

  return (key, window) => {
    if (!redis.isAvailable || known.get(window)?.told === window.own) return
    untold.set(key, window)
    if (!isRunning) void exchange()
  }
}
