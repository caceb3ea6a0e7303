import { effectiveSettings, type EffectiveSettings, type PlatformModels } from '../../answering/model-choice.ts'
import type { PlatformIndex } from '../../answering/index-location.ts'
import { listAudit } from '../../data/audit.data.ts'
import {
  type ConnectionState,
  listConnectionStates,
  listFailingConnections,
  listFailingOf,
} from '../../data/connection-health.data.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import { listRefusingLimits } from '../../data/limit-events.data.ts'
import {
  countTenants,
  listBusiestTenants,
  readSetupFacts,
  seriesOfUsage,
  type SetupFacts,
  sumUsage,
  type UsageStep,
  type UsageTotals,
} from '../../data/overview.data.ts'
import type { TenantDatabases } from '../../data/tenant-databases.ts'
import { countTenantUsers } from '../../data/tenant-users.data.ts'
import { countTenantsByModel, listPromptVersions } from '../../data/tenants.data.ts'
import { listVisitors } from '../../data/users.data.ts'
import { type Gates, managerRoutes, superuserRoutes } from '../../http/routes.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Config } from '../../platform/config.ts'
import type { TenantId } from '../../platform/ids.ts'
import { type LimitName, resolveLimits, type TenantLimits } from '../../platform/limit-settings.ts'
import { describeChange } from './describe-change.ts'
import { countsView, overviewQuery, overviewView, tenantCountsView, tenantOverviewView } from './overview.schemas.ts'

/** What the console's pages show in one call each. */
export interface OverviewParts {
  core: CoreDatabase
  clock: Clock
  platformModels: PlatformModels
  platformIndex: PlatformIndex
  config: Pick<Config, 'defaultLimits'>
}

type Range = '24h' | '7d' | '30d'

const ranges = {
  '24h': { seconds: 86_400, stepSeconds: 1_800 },
  '7d': { seconds: 7 * 86_400, stepSeconds: 7_200 },
  '30d': { seconds: 30 * 86_400, stepSeconds: 28_800 },
} as const

const busiestMax = 10
const failingMax = 20
const refusalsMax = 10
const dayMs = 86_400_000
const changesMax = 8
/** What changes how a tenant answers, and where; its users come and go too often to be told beside it. */
const changeActions = [
  'tenant.created',
  'tenant.imported',
  'tenant.updated',
  'tenant.prompt_restored',
  'domain.added',
  'domain.removed',
  'domain.verified',
]

/** Home, and the counts above the list of tenants. */
export function overviewRoutesForSuperusers(parts: OverviewParts & { gates: Gates }) {
  const { db } = parts.core
  const countByStateAndModel = async () => {
    const [counts, models] = await Promise.all([countTenants(db), countTenantsByModel(db)])
    return { ...counts, models }
  }
  return superuserRoutes(parts.gates, '/admin', 'Overview')
    .get(
      '/overview',
      async ({ query }) => {
        const now = parts.clock.now()
        const span = spanOf(query.range ?? '7d', now)
        const [figures, busiest, failing, refusals, facts, counts] = await Promise.all([
          readSpan(parts, span),
          listBusiestTenants(db, span, busiestMax),
          listFailingConnections(db, failingMax),
          listRefusingLimits(db, { since: new Date(now.getTime() - dayMs), limit: refusalsMax }),
          readSetupFacts(db),
          countTenants(db),
        ])
        return {
          ...figures,
          busiest: busiest.map((row) => ({ tenant_id: row.tenantId, name: row.name, ...describeTotals(row) })),
          failing_connections: failing.map((row) => ({
            tenant_id: row.tenantId,
            tenant_name: row.tenantName,
            ...describeConnection(row),
          })),
          refusals: refusals.map((row) => ({
            tenant_id: row.tenantId,
            tenant_name: row.tenantName,
            name: row.name,
            scope: row.scope,
            requests: row.requests,
            last_at: row.lastAt.toISOString(),
          })),
          checklist: describeChecklist(facts, parts.platformModels),
          tenants: counts.all,
        }
      },
      { query: overviewQuery, response: { 200: overviewView }, detail: { summary: 'What Home shows' } },
    )
    .get('/tenants/counts', countByStateAndModel, {
      response: { 200: countsView },
      detail: { summary: 'Tenants by state and by model' },
    })
}

/** A tenant's Overview, and what its tabs count. */
export function overviewRoutesForManagers(parts: OverviewParts & { databases: TenantDatabases; gates: Gates }) {
  const { db } = parts.core
  return managerRoutes(parts.gates, 'Overview')
    .get(
      '/overview',
      async ({ query, tenant }) => {
        const now = parts.clock.now()
        const span = { ...spanOf(query.range ?? '7d', now), tenantId: tenant.id }
        const month = monthOf(now)
        const [figures, monthTotals, connections, changes] = await Promise.all([
          readSpan(parts, span),
          sumUsage(db, { tenantId: tenant.id, from: month.from, to: now }),
          listConnectionStates(db, tenant.id),
          listAudit(db, { tenantId: tenant.id, outcome: 'done', actions: changeActions, limit: changesMax }),
        ])
        return {
          ...figures,
          month: {
            from: month.from.toISOString(),
            to: month.to.toISOString(),
            totals: describeTotals(monthTotals),
            forecast: forecast(monthTotals, month, now),
            limits: describeLimits(tenant.limits, parts.config.defaultLimits),
          },
          connections: connections.map(describeConnection),
          effective: describeEffective(
            effectiveSettings(tenant, { models: parts.platformModels, index: parts.platformIndex }),
          ),
          changes: changes.map(describeChange),
        }
      },
      {
        query: overviewQuery,
        response: { 200: tenantOverviewView },
        detail: { summary: "What a tenant's Overview shows" },
      },
    )
    .get(
      '/counts',
      async ({ tenant }) => {
        const countUsers = async (): Promise<number> => {
          const visitors = await listVisitors(db, tenant)
          return parts.databases.scopeOf(tenant).read((database) => countTenantUsers(database, tenant.id, { visitors }))
        }
        const [users, [newest], failing] = await Promise.all([
          countUsers(),
          listPromptVersions(db, { tenantId: tenant.id, limit: 1 }),
          listFailingOf(db, [tenant.id]),
        ])
        return { users, prompt_version: newest?.version ?? null, failing: failing.get(tenant.id) ?? [] }
      },
      {
        response: { 200: tenantCountsView },
        detail: { summary: "A tenant's users, newest prompt and failing connections" },
      },
    )
}

interface Span {
  range: Range
  now: Date
  from: Date
  to: Date
  stepSeconds: number
  tenantId?: TenantId
}

/** The range up to now, its steps lying on whole steps of UTC, so that a chart does not flicker from call to call. */
function spanOf(range: Range, now: Date): Span {
  const { seconds, stepSeconds } = ranges[range]
  const stepMs = stepSeconds * 1000
  const to = new Date(Math.ceil((now.getTime() + 1) / stepMs) * stepMs)
  return { range, now, from: new Date(to.getTime() - seconds * 1000), to, stepSeconds }
}

async function readSpan(parts: OverviewParts, span: Span) {
  const { db } = parts.core
  const lengthMs = span.to.getTime() - span.from.getTime()
  const before = { ...span, from: new Date(span.from.getTime() - lengthMs), to: span.from }
  // The last step is not over yet, so the period before is summed up to the same moment of it: like with like.
  const beforeSoFar = { ...before, to: new Date(span.now.getTime() - lengthMs) }
  const [totals, previous, series, previousSeries] = await Promise.all([
    sumUsage(db, span),
    sumUsage(db, beforeSoFar),
    seriesOfUsage(db, span, span.stepSeconds),
    seriesOfUsage(db, before, span.stepSeconds),
  ])
  return {
    range: span.range,
    from: span.from.toISOString(),
    to: span.to.toISOString(),
    step_seconds: span.stepSeconds,
    totals: describeTotals(totals),
    previous: describeTotals(previous),
    series: series.map(describeStep),
    previous_series: previousSeries.map(describeStep),
  }
}

function describeTotals(totals: UsageTotals) {
  return {
    requests: totals.requests,
    failed: totals.failed,
    aborted: totals.aborted,
    prompt_tokens: totals.promptTokens,
    completion_tokens: totals.completionTokens,
    total_tokens: totals.promptTokens + totals.completionTokens,
    cost_micro_usd: totals.costMicroUsd,
    unpriced_requests: totals.unpriced,
    first_token_ms_p50: totals.firstTokenMsP50,
    first_token_ms_p95: totals.firstTokenMsP95,
  }
}

function describeStep(step: UsageStep) {
  return { at: step.at.toISOString(), ...describeTotals(step) }
}

function describeConnection(state: ConnectionState) {
  return {
    connection: state.connection,
    last_success_at: state.lastSuccessAt?.toISOString() ?? null,
    failing_since: state.failingSince?.toISOString() ?? null,
    code: state.code,
    detail: state.detail,
    affected: state.affected,
  }
}

function describeEffective({ pineconeIndex, ...settings }: EffectiveSettings) {
  return { ...settings, pinecone_index: pineconeIndex }
}

/** The first steps, from what is really there. */
function describeChecklist(facts: SetupFacts, models: PlatformModels): { step: string; done: boolean }[] {
  const hasPlatformKey = models.openai.apiKey !== undefined || models.deepseek.apiKey !== undefined
  return [
    { step: 'superuser', done: facts.superusers > 0 },
    { step: 'tenant', done: facts.tenants > 0 },
    { step: 'user', done: facts.hasMembers },
    { step: 'answer', done: facts.answers > 0 },
    { step: 'model_key', done: hasPlatformKey || facts.tenantsWithModelKey > 0 },
    { step: 'pinecone', done: facts.pineconePassed > 0 },
    { step: 'second_superuser', done: facts.superusers > 1 },
  ]
}

function monthOf(now: Date): { from: Date; to: Date } {
  const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1))
  return { from, to: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)) }
}

/** The month's end at the pace so far; null in the first day, when a pace says nothing. */
function forecast(totals: UsageTotals, month: { from: Date; to: Date }, now: Date) {
  const passed = now.getTime() - month.from.getTime()
  if (passed < 86_400_000) return { total_tokens: null, cost_micro_usd: null }
  const factor = (month.to.getTime() - month.from.getTime()) / passed
  return {
    total_tokens: Math.round((totals.promptTokens + totals.completionTokens) * factor),
    cost_micro_usd: totals.costMicroUsd === null ? null : Math.round(totals.costMicroUsd * factor),
  }
}

/** The limits in force for a tenant as a whole, and whose they are. */
function describeLimits(own: TenantLimits, defaults: TenantLimits) {
  const { hard } = resolveLimits(own, defaults).tenant
  const describe = (name: LimitName) => {
    const source = own[name] === undefined || own[name] === null ? ('platform' as const) : ('tenant' as const)
    return { limit: hard[name], source: hard[name] === null ? null : source }
  }
  return {
    requests_per_minute: describe('requests_per_minute'),
    tokens_per_minute: describe('tokens_per_minute'),
    concurrent_streams: describe('concurrent_streams'),
    tokens_per_month: describe('tokens_per_month'),
    cost_per_month_micro_usd: describe('cost_per_month_micro_usd'),
  }
}
