import type { Directories } from '../data/directories.ts'
import { computeCostMicroUsd } from '../data/prices.data.ts'
import type { TenantDatabases } from '../data/tenant-databases.ts'
import type { SettledCall } from '../data/tenant-scope.ts'
import type { LostCall, UsageLedger } from '../data/usage.data.ts'
import type { Log } from '../platform/log.ts'
import type { Redis } from '../platform/redis.ts'
import { readMirror } from './answer-mirror.ts'
import { createCitationFilter } from './citations.ts'
import { type HalfAnswer, readHalfAnswer } from './half-answer.ts'
import type { Limits } from './limits/limits.ts'
import { countCallTokens } from './token-estimate.ts'

/** What ends calls whose replica died stands on. */
export interface LostAnswersParts {
  ledger: Pick<UsageLedger, 'takeExpired' | 'settle'>
  /** Where copies of answers are; undefined without `REDIS_URL`. */
  redis: Redis | undefined
  databases: Pick<TenantDatabases, 'scopeOf'>
  directories: Pick<Directories, 'tenant'>
  limits: Pick<Limits, 'distrust'>
  log: Log
}

const callsAtOnceMax = 50

/**
 * Ends the calls whose lease ran out, because their replica is gone: as aborted and estimated. Of an answer that was
 * copied to Redis, what there was of it is stored in its conversation and counted; without a copy only the prompt is, as
 * how much was answered died with the replica. Any replica may, each call exactly once. Answers how many were ended;
 * what could not be ended now is tried again a minute later.
 */
export async function endLostAnswers(parts: LostAnswersParts): Promise<number> {
  const ended: LostCall[] = []
  for (;;) {
    const calls = await parts.ledger.takeExpired(callsAtOnceMax)
    for (const call of calls) {
      const isEnded = await endLostAnswer(parts, call).catch((err: unknown) => {
        parts.log.warn({ err, stream_id: call.id }, 'a call of a replica that is gone could not be ended yet')
        return false
      })
      if (isEnded) ended.push(call)
    }
    if (calls.length < callsAtOnceMax) break
  }
  await distrustCounters(parts.limits, ended)
  return ended.length
}

/** Counters that were loaded while these ran have what was set aside for them, which nobody there holds. */
async function distrustCounters(limits: Pick<Limits, 'distrust'>, calls: LostCall[]): Promise<void> {
  const months = calls.flatMap(({ tenantId, userId, month }) => [
    { tenantId, userId, month },
    { tenantId, userId: null, month },
  ])
  const counters = new Map(months.map((counter) => [JSON.stringify(counter), counter]))
  for (const { tenantId, userId, month } of counters.values()) await limits.distrust(tenantId, userId, month)
}

/** False when its replica is alive, only cut off from the database: it will settle the call itself. */
async function endLostAnswer(parts: LostAnswersParts, call: LostCall): Promise<boolean> {
  const copy = await findCopy(parts.redis, call)
  if (copy?.isAlive) return false
  const settled = await describeCall(call, copy?.answer?.text ?? '')
  const isStored = copy?.answer && (await store(parts, { call, settled, answer: copy.answer }))
  if (!isStored) await parts.ledger.settle(settled)
  return true
}

async function findCopy(
  redis: Redis | undefined,
  { id, tenantId, userId, purpose }: LostCall,
): Promise<{ isAlive: boolean; answer: HalfAnswer | undefined } | undefined> {
  if (!redis || userId === null || purpose === 'embedding') return undefined
  // Without Redis there is no copy.
  const part = await readMirror(redis, { streamId: id, owner: { tenantId, userId, purpose } }, 0).catch(() => undefined)
  return part && { isAlive: part.isAlive && !part.isEnded, answer: readHalfAnswer(part.text) }
}

async function describeCall(call: LostCall, completion: string): Promise<SettledCall> {
  const { completionTokens } = await countCallTokens({ messages: [], completion })
  const { promptTokens } = call
  return {
    id: call.id,
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    cached_tokens: 0,
    cost_micro_usd: computeCostMicroUsd(call.price, { promptTokens, completionTokens, cachedTokens: 0 }),
    status: 'aborted',
    usage_source: 'estimated',
    first_token_ms: null,
    duration_ms: null,
  }
}

/** Stores half an answer together with its settlement; false when it belongs to no conversation. */
async function store(
  parts: LostAnswersParts,
  lost: { call: LostCall; settled: SettledCall; answer: HalfAnswer },
): Promise<boolean> {
  const { call, settled, answer } = lost
  const tenant = answer.sessionId === null ? undefined : await parts.directories.tenant(call.tenantId)
  if (!tenant || answer.sessionId === null) return false
  const citations = createCitationFilter((answer.sources ?? []).map((source) => source.n))
  citations.push(answer.text)
  await parts.databases.scopeOf(tenant).finishTurn({
    turn: {
      tenant_id: tenant.id,
      session_id: answer.sessionId,
      message_id: answer.messageId,
      content: answer.text,
      status: settled.status,
      sources: answer.sources,
      cited: answer.sources ? citations.cited() : [],
      usage: {
        model: call.model,
        prompt_tokens: settled.prompt_tokens,
        completion_tokens: settled.completion_tokens,
        total_tokens: settled.prompt_tokens + settled.completion_tokens,
        cost_micro_usd: settled.cost_micro_usd,
        usage_source: settled.usage_source,
      },
    },
    call: settled,
  })
  return true
}
