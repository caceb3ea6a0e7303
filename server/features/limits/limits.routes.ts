import type { Static } from '@sinclair/typebox'
import { t } from 'elysia'
import { type Limits, type LimitStanding, monthOf } from '../../answering/limits/limits.ts'
import { type Config } from '../../platform/config.ts'
import { findCallerNames } from '../../data/caller-names.data.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import { listRefusals, listWarnings } from '../../data/limit-events.data.ts'
import type { TenantDatabases } from '../../data/tenant-databases.ts'
import { findTenantUserEmails } from '../../data/tenant-users.data.ts'
import type { TenantRecord } from '../../data/tenants.data.ts'
import { listBusiestUsers, readDatabaseTime, sumMonth, type UsedAmounts } from '../../data/usage-months.data.ts'
import type { CorePrincipal } from '../../http/identity.ts'
import { describePage, onlySort, pageOf, pageQuery, readPageQuery } from '../../http/page-query.ts'
import { type Gates, managerRoutes } from '../../http/routes.ts'
import { nullable, time } from '../../http/schemas.ts'
import { parseUserId, type UserId } from '../../platform/ids.ts'
import { type EffectiveLimits, type LimitName, limitNames, resolveLimits } from '../../platform/limit-settings.ts'

/** What the limits' page stands on. */
export interface LimitsPageParts {
  core: CoreDatabase
  databases: TenantDatabases
  limits: Limits
  config: Pick<Config, 'defaultLimits'>
}

const busiestMax = 5
const warningsMax = 20

const names = t.Union([
  t.Literal('requests_per_minute'),
  t.Literal('tokens_per_minute'),
  t.Literal('concurrent_streams'),
  t.Literal('tokens_per_month'),
  t.Literal('cost_per_month_micro_usd'),
])
const scopes = t.Union([t.Literal('tenant'), t.Literal('user')])
const amount = nullable(t.Integer())
const amountsView = t.Object({
  requests_per_minute: amount,
  tokens_per_minute: amount,
  concurrent_streams: amount,
  tokens_per_month: amount,
  cost_per_month_micro_usd: amount,
})
const limitsView = t.Composite([
  amountsView,
  t.Object({ soft: amountsView, per_user: t.Composite([amountsView, t.Object({ soft: amountsView })]) }),
])
const someone = t.Object({
  id: t.String(),
  email: nullable(t.String()),
  api_key: nullable(t.String({ description: 'The name of the API key that asked' })),
})

/** Where a tenant stands against its limits, and what they refused, for its managers. */
export function limitRoutes(parts: LimitsPageParts & { gates: Gates }) {
  return managerRoutes(parts.gates, 'Limits')
    .get('/limits', ({ tenant, principal }) => describeLimits(parts, { tenant, principal }), {
      response: {
        200: t.Object({
          month: t.String({ description: 'The calendar month in UTC that is counted: 2026-11' }),
          month_ends_at: time,
          in_force: limitsView,
          defaults: t.Composite([limitsView], { description: 'Where the tenant has no limit of its own' }),
          standings: t.Array(
            t.Object({
              name: names,
              spent: nullable(t.Integer({ description: 'Null: without a limit nobody counts' })),
              held: t.Integer({ description: 'Of what is spent, set aside for calls under way' }),
              resets_at: nullable(time),
            }),
            { description: 'Of the tenant as a whole' },
          ),
          busiest_users: t.Array(t.Object({ user: someone, tokens: t.Integer(), cost_micro_usd: t.Integer() }), {
            description: 'Who used most this month',
          }),
          warnings: t.Array(
            t.Object({
              id: t.String(),
              at: time,
              name: names,
              scope: scopes,
              user: nullable(someone),
              threshold: t.Integer(),
              spent: t.Integer(),
              limit: amount,
            }),
          ),
        }),
      },
      detail: { summary: 'Limits in force, where their counters stand, and warnings' },
    })
    .get(
      '/limits/refusals',
      async ({ query, tenant, principal }) => {
        const page = readPageQuery(query, '-last_at')
        const found = await listRefusals(parts.core.db, tenant.id, page)
        const ids = found.items.map(({ userId }) => userId)
        const describeUser = await nameCallers(parts, { tenant, principal, ids })
        return describePage(found, page.order, (row) => ({
          id: row.id,
          at: row.lastAt.toISOString(),
          code: `limit.${row.name}`,
          name: row.name,
          scope: row.scope,
          limit: row.limit,
          spent: row.spent,
          resets_at: row.resetsAt.toISOString(),
          requests: row.requests,
          user: describeUser(row.userId),
          request_id: row.lastRequestId,
        }))
      },
      {
        query: t.Object({
          sort: onlySort('-last_at'),
          limit: pageQuery(['last_at']).limit,
          cursor: pageQuery(['last_at']).cursor,
        }),
        response: {
          200: pageOf(
            t.Object({
              id: t.String(),
              at: time,
              code: t.String(),
              name: names,
              scope: scopes,
              limit: t.Integer(),
              spent: t.Integer(),
              resets_at: time,
              requests: t.Integer({ description: 'Of this user, by this counter, within that minute' }),
              user: someone,
              request_id: t.String({ description: 'Of the last of them' }),
            }),
          ),
        },
        detail: { summary: 'Requests that limits refused in the last 30 days, by user, counter and minute' },
      },
    )
}

async function describeLimits(parts: LimitsPageParts, asked: { tenant: TenantRecord; principal: CorePrincipal }) {
  const { core, limits } = parts
  const { tenant } = asked
  const now = await readDatabaseTime(core.db)
  const month = monthOf(now)
  const [standings, used, busiest, warnings] = await Promise.all([
    limits.look(tenant, null),
    sumMonth(core.db, { tenantId: tenant.id, userId: null, month, exceptCalls: [] }),
    listBusiestUsers(core.db, { tenantId: tenant.id, month, limit: busiestMax }),
    listWarnings(core.db, tenant.id, warningsMax),
  ])
  const warned = warnings.flatMap(({ subject }) => parseUserId(subject) ?? [])
  const describeUser = await nameCallers(parts, { ...asked, ids: [...busiest.map(({ userId }) => userId), ...warned] })
  return {
    month,
    month_ends_at: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)).toISOString(),
    in_force: describeInForce(limits.inForce(tenant)),
    defaults: describeInForce(resolveLimits({}, parts.config.defaultLimits)),
    standings: limitNames.map((name) => describeStanding({ name, standings, used, now })),
    busiest_users: busiest.map(({ userId, tokens, costMicroUsd }) => ({
      user: describeUser(userId),
      tokens,
      cost_micro_usd: costMicroUsd,
    })),
    warnings: warnings.map((row) => {
      const userId = parseUserId(row.subject)
      return {
        id: row.id,
        at: row.at.toISOString(),
        name: row.name,
        scope: userId ? ('user' as const) : ('tenant' as const),
        user: userId ? describeUser(userId) : null,
        threshold: row.threshold,
        spent: row.spent,
        limit: row.limit,
      }
    }),
  }
}

function describeInForce({ tenant, user }: { tenant: EffectiveLimits; user: EffectiveLimits }) {
  return { ...tenant.hard, soft: tenant.soft, per_user: { ...user.hard, soft: user.soft } }
}

function describeStanding(at: { name: LimitName; standings: LimitStanding[]; used: UsedAmounts; now: Date }) {
  const found = at.standings.find(({ name }) => name === at.name)
  const unlimited: Partial<Record<LimitName, number>> = {
    tokens_per_month: at.used.tokens,
    cost_per_month_micro_usd: at.used.costMicroUsd,
  }
  const endsInMs = found && found.spent > 0 ? found.endsInMs : null
  return {
    name: at.name,
    spent: found?.spent ?? unlimited[at.name] ?? null,
    held: found?.held ?? 0,
    resets_at: endsInMs === null ? null : new Date(at.now.getTime() + endsInMs).toISOString(),
  }
}

/**
 * Tells who asked: end users by their addresses, API keys by their names, and platform users as far as whoever looks may
 * know them. Names are a kindness: without the tenant's store its limits are shown all the same.
 */
async function nameCallers(
  parts: LimitsPageParts,
  asked: { tenant: TenantRecord; principal: CorePrincipal; ids: readonly UserId[] },
): Promise<(id: UserId) => Static<typeof someone>> {
  const { tenant, principal, ids } = asked
  const scope = parts.databases.scopeOf(tenant)
  const [emails, names] = await Promise.all([
    scope.read((database) => findTenantUserEmails(database, tenant.id, ids)).catch(() => new Map<UserId, string>()),
    findCallerNames(parts.core.db, { ids, tenantId: principal.isSuperuser ? undefined : tenant.id }),
  ])
  return (id) => {
    const known = names.get(id)
    const email = emails.get(id) ?? (known?.kind === 'user' ? known.name : null)
    return {
      id,
      email: known?.kind === 'api_key' ? null : email,
      api_key: known?.kind === 'api_key' ? known.name : null,
    }
  }
}
