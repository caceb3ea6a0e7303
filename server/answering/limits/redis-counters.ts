import type { UsedAmounts } from '../../data/usage-months.data.ts'
import { newId, parseTenantId, parseUserId, type TenantId, type UserId } from '../../platform/ids.ts'
import { deleteRedisKeys, listRedisKeys } from '../../platform/redis-keys.ts'
import { type Redis, type RedisScript, RedisUnavailable } from '../../platform/redis.ts'
import {
  type Admission,
  type Counted,
  type Counters,
  type CounterScope,
  heldLeaseMs,
  type LoadMonth,
  type Reservation,
  seatLeaseMs,
  windowMs,
} from './counters.ts'
import {
  type ExpiredHold,
  readAdmission,
  readHash,
  readMember,
  readReservation,
  writeDemand,
  writeMaxima,
  writeMember,
} from './counter-messages.ts'
import {
  admitScript,
  distrustScript,
  loadScript,
  renewScript,
  reserveScript,
  settleScript,
  takeExpiredScript,
} from './counter-scripts.ts'

/** A month of a tenant, or of one of its users. */
export interface CountedMonth {
  tenantId: TenantId
  userId: UserId | null
  month: string
}

/** What a counter has beside what calls under way hold, and what the ledger has beside them. */
export interface MonthComparison {
  counted: UsedAmounts
  ledger: UsedAmounts
}

/** Counters that all replicas share. Every method throws `RedisUnavailable` when Redis is. */
export interface RedisCounters extends Counters {
  /** Calls that hold counters for a long time; each is given to one caller at a time. */
  takeExpired(): Promise<ExpiredHold[]>
  /** Ends the hold of a call that its own replica does not end any more. */
  settleForAnother(hold: ExpiredHold, taken: { tokens: number; costMicroUsd: number }): Promise<void>
  /** Forgets a tenant that is purged: its id may be given again. */
  forget(tenantId: TenantId): Promise<void>
  /** The months that are counted. */
  listMonths(): Promise<CountedMonth[]>
  /**
   * Compares a month's counter with the ledger; undefined while it changes too fast to be compared.
   * @param revision of the tenant's settings: a counter of another one is read anew before it is used
   */
  compare(month: CountedMonth, revision: string): Promise<MonthComparison | undefined>
}

const loadTriesMax = 8
const expiredPerSweepMax = 500
const monthKeptMs = 40 * 86_400_000

/** Counters in Redis; months that are not there are loaded from the ledger first. */
export function createRedisCounters(options: { redis: Redis; loadMonth: LoadMonth }): RedisCounters {
  const { redis } = options
  const leases = redis.key('limits', 'held')
  const epochKey = redis.key('limits', 'epoch')
  const loading = new Map<string, Promise<void>>()
  let epochOf = 0
  let beginning: Promise<unknown> | undefined
  const monthKey = (tenantId: TenantId, userId: UserId | null, month: string): string =>
    redis.key('limits', tenantId, userId ?? 'tenant', month)
  const seatsKey = (counted: Counted, scope: CounterScope): string =>
    redis.key('limits', counted.tenantId, scope.userId ?? 'tenant', 'streams')
  const keysOf = (counted: Counted): string[] => [
    ...counted.scopes.flatMap((scope) => {
      const who = scope.userId ?? 'tenant'
      return [
        redis.key('limits', counted.tenantId, who, 'requests'),
        redis.key('limits', counted.tenantId, who, 'tokens'),
        seatsKey(counted, scope),
        monthKey(counted.tenantId, scope.userId, counted.month),
      ]
    }),
    leases,
    epochKey,
  ]

  /**
   * Whatever was loaded before the present connection is not believed: a Redis that was started again may have come
   * back with months of an hour ago.
   */
  async function ensureEpoch(): Promise<void> {
    const { connections } = redis
    if (epochOf === connections) return
    beginning ??= redis.send('SET', [epochKey, newId()]).finally(() => {
      beginning = undefined
    })
    await beginning
    epochOf = connections
  }

  /** Runs a script; when it misses a month, that is loaded and the script runs again. */
  async function decide(script: RedisScript, counted: Counted, args: string[]): Promise<unknown[]> {
    await ensureEpoch()
    for (let tries = 0; tries < loadTriesMax; tries++) {
      const reply = await redis.run(script, { keys: keysOf(counted), args })
      if (!Array.isArray(reply)) throw new RedisUnavailable(new Error('an answer of a script was not understood'))
      if (reply[0] !== -1) return reply
      const scope = counted.scopes[Number(reply[1]) - 1]
      await load(counted, scope?.userId ?? null)
    }
    throw new RedisUnavailable(new Error('a counter changed too often while it was loaded'))
  }

  /** Those who miss the same month at once wait for one sum of the ledger. */
  async function load(counted: Counted, userId: UserId | null): Promise<void> {
    const key = monthKey(counted.tenantId, userId, counted.month)
    const underWay = loading.get(key) ?? loadOnce(key, counted, userId).finally(() => loading.delete(key))
    loading.set(key, underWay)
    await underWay
  }

  async function loadOnce(key: string, counted: Counted, userId: UserId | null): Promise<void> {
    const { known, sum, epoch } = await sumBeside({ tenantId: counted.tenantId, userId, month: counted.month })
    const of = `${epoch}/${counted.revision}`
    await redis.run(loadScript, {
      keys: [key],
      args: [known.v ?? '', String(sum.tokens), String(sum.costMicroUsd), String(monthKeptMs), of],
    })
  }

  /** What the ledger has of a month beside the calls that its counter holds, as of one version of the counter. */
  async function sumBeside(
    month: CountedMonth,
  ): Promise<{ known: Record<string, string>; sum: UsedAmounts; epoch: string }> {
    const epoch = await redis.send('GET', [epochKey])
    const known = readHash(await redis.send('HGETALL', [monthKey(month.tenantId, month.userId, month.month)]))
    const exceptCalls = Object.keys(known).flatMap((field) => (field.startsWith('r:') ? [field.slice(2)] : []))
    const sum = await options.loadMonth({ ...month, exceptCalls })
    return { known, sum, epoch: typeof epoch === 'string' ? epoch : '' }
  }

  async function settle(
    counted: Counted,
    call: { callId: string; held: { tokens: number; windows: string[] }; taken: UsedAmounts },
  ): Promise<void> {
    const { callId, held, taken } = call
    const amounts = [held.tokens, taken.tokens, taken.costMicroUsd].map(String)
    const windows = counted.scopes.map((_, index) => held.windows[index] ?? '')
    await redis.run(settleScript, {
      keys: keysOf(counted),
      args: [callId, writeMember(counted, callId), ...amounts, ...windows],
    })
  }

  return {
    async admit(counted, { id, isLook }): Promise<Admission> {
      const seat = [id, String(windowMs), String(seatLeaseMs), isLook ? '1' : '0']
      const reply = await decide(admitScript, counted, [...seat, counted.revision, ...writeMaxima(counted)])
      return readAdmission(counted, reply)
    },
    async reserve(counted, demand): Promise<Reservation> {
      return readReservation(counted, await decide(reserveScript, counted, writeDemand(counted, demand)))
    },
    settle,
    async renew(counted, ids) {
      await redis.run(renewScript, {
        keys: counted.scopes.map((scope) => seatsKey(counted, scope)),
        args: [String(seatLeaseMs), ...ids],
      })
    },
    async leave(counted, id) {
      await Promise.all(counted.scopes.map((scope) => redis.send('ZREM', [seatsKey(counted, scope), id])))
    },
    async distrust(counted) {
      await redis.run(distrustScript, {
        keys: counted.scopes.map((scope) => monthKey(counted.tenantId, scope.userId, counted.month)),
        args: [],
      })
    },
    async takeExpired() {
      const reply = await redis.run(takeExpiredScript, {
        keys: [leases],
        args: [String(expiredPerSweepMax), String(heldLeaseMs)],
      })
      return (Array.isArray(reply) ? reply : []).flatMap((member) => readMember(String(member)) ?? [])
    },
    async forget(tenantId) {
      await deleteRedisKeys(redis, redis.key('limits', tenantId, ''))
    },
    async listMonths() {
      const prefix = redis.key('limits', '')
      return (await listRedisKeys(redis, prefix)).flatMap((key) => {
        const [tenant = '', who = '', month = ''] = key.slice(prefix.length).split(':')
        const tenantId = parseTenantId(tenant)
        const userId = who === 'tenant' ? null : parseUserId(who)
        return tenantId && userId !== undefined && /^\d{4}-\d\d$/.test(month) ? [{ tenantId, userId, month }] : []
      })
    },
    async compare(month, revision) {
      const key = monthKey(month.tenantId, month.userId, month.month)
      for (let tries = 0; tries < loadTriesMax; tries++) {
        const { known, sum, epoch } = await sumBeside(month)
        const now = await redis.send('HGET', [key, 'v'])
        // One that was not loaded yet, or is to be loaded anew, cannot be wrong.
        if (known.tokens === undefined || known.of !== `${epoch}/${revision}`) return { counted: sum, ledger: sum }
        if (String(now) !== known.v) continue
        const counted = {
          tokens: Number(known.tokens) - Number(known.held_tokens ?? 0),
          costMicroUsd: Number(known.cost) - Number(known.held_cost ?? 0),
        }
        return { counted, ledger: sum }
      }
      return undefined
    },
    async settleForAnother(hold, taken) {
      const users = hold.userId === null ? [null] : [null, hold.userId]
      const counted: Counted = { ...hold, revision: '', scopes: users.map((userId) => ({ userId, max: {} })) }
      // What it held is read from the counter itself.
      await settle(counted, { callId: hold.callId, held: { tokens: 0, windows: [] }, taken })
    },
  }
}
