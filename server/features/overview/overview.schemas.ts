import { t } from 'elysia'
import { nullable, time } from '../../http/schemas.ts'

const range = t.Union([t.Literal('24h'), t.Literal('7d'), t.Literal('30d')], { error: 'must be 24h, 7d or 30d' })

/** `?range=` of the overviews. */
export const overviewQuery = t.Object({ range: t.Optional(range) })

const totals = {
  requests: t.Integer(),
  failed: t.Integer(),
  aborted: t.Integer(),
  prompt_tokens: t.Integer(),
  completion_tokens: t.Integer(),
  total_tokens: t.Integer(),
  cost_micro_usd: nullable(t.Integer()),
  unpriced_requests: t.Integer(),
  first_token_ms_p50: nullable(t.Integer()),
  first_token_ms_p95: nullable(t.Integer()),
}
const totalsView = t.Object(totals)
const stepView = t.Object({ at: time, ...totals })

const connectionStateView = t.Object({
  connection: t.Union([t.Literal('model'), t.Literal('pinecone'), t.Literal('database')]),
  last_success_at: nullable(time),
  failing_since: nullable(time),
  code: nullable(t.String()),
  detail: nullable(t.String()),
  affected: t.Integer(),
})

const spanView = {
  range,
  from: time,
  to: time,
  step_seconds: t.Integer(),
  totals: totalsView,
  previous: t.Object(totals, { description: 'The period before, up to the same moment of it' }),
  series: t.Array(stepView),
  previous_series: t.Array(stepView),
}

/** What Home shows. */
export const overviewView = t.Object({
  ...spanView,
  busiest: t.Array(t.Object({ tenant_id: t.String(), name: t.String(), ...totals })),
  failing_connections: t.Array(
    t.Object({ tenant_id: t.String(), tenant_name: t.String(), ...connectionStateView.properties }),
  ),
  refusals: t.Array(
    t.Object({
      tenant_id: t.String(),
      tenant_name: t.String(),
      name: t.Union([
        t.Literal('requests_per_minute'),
        t.Literal('tokens_per_minute'),
        t.Literal('concurrent_streams'),
        t.Literal('tokens_per_month'),
        t.Literal('cost_per_month_micro_usd'),
      ]),
      scope: t.Union([t.Literal('tenant'), t.Literal('user')]),
      requests: t.Integer(),
      last_at: time,
    }),
    { description: 'Limits that refused requests within 24 hours, last ones first' },
  ),
  checklist: t.Array(t.Object({ step: t.String(), done: t.Boolean() })),
  tenants: t.Integer(),
})

const limitView = t.Object({
  limit: nullable(t.Integer({ description: 'null: unlimited' })),
  source: nullable(
    t.Union([t.Literal('tenant'), t.Literal('platform')], {
      description: "Whose limit it is: the tenant's own, or the platform's default where it has none",
    }),
  ),
})

/** What a tenant's Overview shows. */
export const tenantOverviewView = t.Object({
  ...spanView,
  month: t.Object({
    from: time,
    to: time,
    totals: totalsView,
    forecast: t.Object({ total_tokens: nullable(t.Integer()), cost_micro_usd: nullable(t.Integer()) }),
    limits: t.Object(
      {
        requests_per_minute: limitView,
        tokens_per_minute: limitView,
        concurrent_streams: limitView,
        tokens_per_month: limitView,
        cost_per_month_micro_usd: limitView,
      },
      { description: 'What is in force for the tenant as a whole' },
    ),
  }),
  connections: t.Array(connectionStateView),
  effective: t.Object({
    provider: nullable(t.String()),
    model: nullable(t.String()),
    retrieval: t.String(),
    pinecone_index: nullable(t.String()),
  }),
  changes: t.Array(
    t.Object({
      id: t.String(),
      at: time,
      actor: nullable(t.String()),
      action: t.String(),
      fields: t.Array(t.String(), { description: 'What changed' }),
      values: t.Record(t.String(), t.Union([t.String(), t.Number(), t.Boolean(), t.Null()]), {
        description: 'What of it is short enough for a sentence, as it is since',
      }),
    }),
  ),
})

/** What stands behind the names of a tenant's tabs. */
export const tenantCountsView = t.Object({
  users: t.Integer(),
  prompt_version: nullable(t.Integer({ description: 'The newest version of the prompt; null before the first' })),
  failing: t.Array(t.String(), { description: 'Connections that fail now' }),
})

/** Tenants by state. */
export const countsView = t.Object({
  all: t.Integer(),
  active: t.Integer(),
  attention: t.Integer(),
  provisioning: t.Integer(),
  suspended: t.Integer(),
  models: t.Array(
    t.Object({
      model: nullable(t.String({ description: 'null: those that name none' })),
      tenants: t.Integer(),
    }),
    { description: 'Most tenants first, 200 at most' },
  ),
})
