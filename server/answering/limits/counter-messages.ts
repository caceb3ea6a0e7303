import { parseTenantId, parseUserId, type TenantId, type UserId } from '../../platform/ids.ts'
import { limitNames } from '../../platform/limit-settings.ts'
import { RedisUnavailable } from '../../platform/redis.ts'
import {
  type Admission,
  type CallDemand,
  type Counted,
  heldLeaseMs,
  type Reservation,
  type Standing,
  windowMs,
} from './counters.ts'

/* How counters are said to the scripts of `counter-scripts.ts`, and how these answer. */

/** A call whose counters are held for longer than calls take without renewing. */
export interface ExpiredHold {
  callId: string
  tenantId: TenantId
  userId: UserId | null
  month: string
}

/** More than any counter reaches; Lua counts exactly up to there. */
const countedOnly = Number.MAX_SAFE_INTEGER
const notCounted = -1
const standingsPerScope = limitNames.length * 3

/** The arguments of `reserveScript`. */
export function writeDemand(counted: Counted, demand: CallDemand): string[] {
  const { callId, promptTokens, outputTokens, price } = demand
  return [
    callId,
    String(windowMs),
    String(heldLeaseMs),
    writeMember(counted, callId),
    String(promptTokens),
    String(outputTokens.max),
    String(outputTokens.min),
    String(price?.input ?? notCounted),
    String(price?.output ?? notCounted),
    counted.revision,
    ...writeMaxima(counted),
  ]
}

/** The five maxima of each scope, as scripts take them. */
export function writeMaxima(counted: Counted): string[] {
  return counted.scopes.flatMap(({ max }) =>
    limitNames.map((name) => String(Math.min(max[name] ?? notCounted, countedOnly))),
  )
}

/** What `admitScript` answered; `reserveScript` refuses in the same words. */
export function readAdmission(counted: Counted, reply: unknown[]): Admission {
  return readOutcome(counted, reply, 3)
}

/** What `reserveScript` answered. Throws `RedisUnavailable` when it is no answer. */
export function readReservation(counted: Counted, reply: unknown[]): Reservation {
  if (reply[0] !== 1) {
    const refusal = readAdmission(counted, reply)
    if (refusal.refused) return refusal
    throw new RedisUnavailable(new Error('a refusal named no limit'))
  }
  const windowsEnd = 6 + counted.scopes.length
  const { standings } = readOutcome(counted, reply, windowsEnd)
  return {
    refused: null,
    standings,
    outputTokens: Number(reply[3]),
    held: {
      tokens: Number(reply[4]),
      costMicroUsd: Number(reply[5]),
      windows: reply.slice(6, windowsEnd).map(String),
    },
  }
}

/** Standings, from a place in the reply on, in the order of scopes and limits; what is not counted is left out. */
function readOutcome(counted: Counted, reply: unknown[], from: number): Admission {
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

/** A call as it stands among the leases. */
export function writeMember(counted: Counted, callId: string): string {
  const userId = counted.scopes.find((scope) => scope.userId !== null)?.userId ?? ''
  return [counted.tenantId, userId, counted.month, callId].join('|')
}

/** The same, read; undefined when it is none of ours. */
export function readMember(member: string): ExpiredHold | undefined {
  const [tenant = '', user = '', month = '', callId = ''] = member.split('|')
  const tenantId = parseTenantId(tenant)
  return tenantId && { callId, tenantId, userId: parseUserId(user) ?? null, month }
}

/** What HGETALL answers, whichever of its two shapes. */
export function readHash(reply: unknown): Record<string, string> {
  if (Array.isArray(reply)) {
    return Object.fromEntries(
      reply.flatMap((name, index) => (index % 2 === 0 ? [[String(name), String(reply[index + 1])]] : [])),
    )
  }
  if (typeof reply !== 'object' || reply === null) return {}
  return Object.fromEntries(Object.entries(reply).map(([name, value]) => [name, String(value)]))
}
