import type { UsedAmounts } from '../../data/usage-months.data.ts'
import { limitNames } from '../../platform/limit-settings.ts'
import { newId, parseTenantId, parseUserId, type TenantId, type UserId } from '../../platform/ids.ts'
import { deleteRedisKeys, listRedisKeys } from '../../platform/redis-keys.ts'
import { type Redis, type RedisScript, RedisUnavailable } from '../../platform/redis.ts'
import {
  type Admission,
  type CallDemand,
  type Counted,
  type Counters,
  type CounterScope,
  heldLeaseMs,
  type LoadMonth,
  type Reservation,
  seatLeaseMs,
  type Standing,
  windowMs,
} from './counters.ts'
import {
  admitScript,
  distrustScript,
  loadScript,
  renewScript,
  reserveScript,
  settleScript,
  takeExpiredScript,
} from './counter-scripts.ts'

/** A call whose counters are held for longer than calls take without renewing. */
export interface ExpiredHold {
  callId: string
  tenantId: TenantId
  userId: UserId | null
  month: string
}

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

/** More than any counter reaches; Lua counts exactly up to there. */
const countedOnly = Number.MAX_SAFE_INTEGER
const notCounted = -1
const loadTriesMax = 8
const expiredPerSweepMax = 500
const monthKeptMs = 40 * 86_400_000
const standingsPerScope = limitNames.length * 3

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
      args: [callId, memberOf(counted, callId), ...amounts, ...windows],
    })
  }

  return {
    async admit(counted, { id, isLook }): Promise<Admission> {
      const maxima = listMaxima(counted)
      const reply = await decide(admitScript, counted, [
        id,
        String(windowMs),
        String(seatLeaseMs),
        isLook ? '1' : '0',
        counted.revision,
        ...maxima,
      ])
      return describe(counted, reply, 3)
    },
    async reserve(counted, demand): Promise<Reservation> {
      const reply = await decide(reserveScript, counted, describeDemand(counted, demand))
      if (reply[0] !== 1) {
        const refusal = describe(counted, reply, 3)
        if (refusal.refused) return refusal
        throw new RedisUnavailable(new Error('a refusal named no limit'))
      }
      const scopes = counted.scopes.length
      const { standings } = describe(counted, reply, 6 + scopes)
      return {
        refused: null,
        standings,
        outputTokens: Number(reply[3]),
        held: {
          tokens: Number(reply[4]),
          costMicroUsd: Number(reply[5]),
          windows: reply.slice(6, 6 + scopes).map(String),
        },
      }
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

function describeDemand(counted: Counted, demand: CallDemand): string[] {
  const { callId, promptTokens, outputTokens, price } = demand
  return [
    callId,
    String(windowMs),
    String(heldLeaseMs),
    memberOf(counted, callId),
    String(promptTokens),
    String(outputTokens.max),
    String(outputTokens.min),
    String(price?.input ?? notCounted),
    String(price?.output ?? notCounted),
    counted.revision,
    ...listMaxima(counted),
  ]
}

function listMaxima(counted: Counted): string[] {
  return counted.scopes.flatMap(({ max }) =>
    limitNames.map((name) => String(Math.min(max[name] ?? notCounted, countedOnly))),
  )
}

/** The end of a reply as standings, in the order of scopes and limits; what is not counted is left out. */
function describe(counted: Counted, reply: unknown[], from: number): Admission {
  const at = (scope: number, name: number): Standing => {
    const place = from + scope * standingsPerScope + name * 3
    const endsInMs = Number(reply[place + 2])
    return {
      userId: counted.scopes[scope]?.userId ?? null,
      name: limitNames[name] ?? 'requests_per_minute',
      spent: Number(reply[place]),
      held: Number(reply[place + 1]),
      endsInMs: endsInMs < 0 ? null : endsInMs,
    }
  }
  const standings = counted.scopes.flatMap(({ max }, scope) =>
    limitNames.flatMap((name, index) => (max[name] === undefined ? [] : [at(scope, index)])),
  )
  return reply[0] === 1
    ? { refused: null, standings }
    : { refused: at(Number(reply[1]) - 1, Number(reply[2]) - 1), standings }
}

function memberOf(counted: Counted, callId: string): string {
  const userId = counted.scopes.find((scope) => scope.userId !== null)?.userId ?? ''
  return [counted.tenantId, userId, counted.month, callId].join('|')
}

function readMember(member: string): ExpiredHold | undefined {
  const [tenant = '', user = '', month = '', callId = ''] = member.split('|')
  const tenantId = parseTenantId(tenant)
  return tenantId && { callId, tenantId, userId: parseUserId(user) ?? null, month }
}

/** What HGETALL answers, whichever of its two shapes. */
function readHash(reply: unknown): Record<string, string> {
  if (Array.isArray(reply)) {
    return Object.fromEntries(
      reply.flatMap((name, index) => (index % 2 === 0 ? [[String(name), String(reply[index + 1])]] : [])),
    )
  }
  if (typeof reply !== 'object' || reply === null) return {}
  return Object.fromEntries(Object.entries(reply).map(([name, value]) => [name, String(value)]))
}
