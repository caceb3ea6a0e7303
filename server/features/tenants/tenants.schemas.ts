import { t } from 'elysia'
import { pageOf } from '../../http/page-query.ts'
import { retrievalModes, retrievalSettings, retrievalWeights } from '../../http/retrieval-settings.ts'
import { nullable, time, uuid } from '../../http/schemas.ts'
import { limitSettings } from '../../platform/limit-settings.ts'

const text = (maxLength: number) =>
  t.String({ minLength: 1, maxLength, error: `must have 1 to ${maxLength} characters` })
const secret = nullable(
  t.String({ minLength: 8, maxLength: 500, error: 'must have 8 to 500 characters; null removes it' }),
)
const url = t.String({ minLength: 8, maxLength: 500, error: 'must be an http or https address' })

const providers = t.Union(
  [t.Literal('openai'), t.Literal('deepseek'), t.Literal('openai-compatible'), t.Literal('offline')],
  { error: 'must be openai, deepseek, openai-compatible, offline, or null for automatic' },
)
const registrations = t.Union([t.Literal('open'), t.Literal('invited')], { error: 'must be open or invited' })
const isolations = t.Union([t.Literal('pooled'), t.Literal('dedicated')], { error: 'must be pooled or dedicated' })

/** The settings that every manager may write. */
const settings = {
  name: t.String({ minLength: 1, maxLength: 200, pattern: String.raw`\S`, error: 'must have 1 to 200 characters' }),
  registration: registrations,
  system_prompt: nullable(text(100_000)),
  ...retrievalSettings,
  pinecone_environment: nullable(text(100)),
  pinecone_index: nullable(
    t.String({ pattern: '^[a-z0-9-]{1,100}$', error: 'must have 1 to 100 lower-case letters, digits and "-"' }),
  ),
  pinecone_namespace: nullable(t.String({ maxLength: 512 })),
  pinecone_text_field: text(100),
  pinecone_api_key: secret,
  embedding_model: text(100),
  model_provider: nullable(providers),
  model: nullable(text(200)),
  model_base_url: nullable(url),
  model_api_key: secret,
  max_output_tokens: t.Integer({ minimum: 1, maximum: 200_000, error: 'must be a whole number from 1 to 200,000' }),
}

/** What only superusers may write. */
const platformSettings = {
  isolation: isolations,
  database_server_id: nullable(uuid),
  owner_id: nullable(uuid),
  is_active: t.Boolean(),
  limits: limitSettings,
}

const changes = t.Object({ ...settings, ...platformSettings })

/** The version of the prompt that the caller saw live, 0 for none: nothing is changed when another one is. */
export const liveVersion = t.Integer({
  minimum: 0,
  maximum: 999_999_999,
  description: 'The version of the prompt that you saw live, 0 for none; 409 prompt.changed when another one is',
  error: 'must be the number of a version, or 0',
})

/** `PUT` and `PATCH /admin/tenants/{id}`: only what is given changes. */
export const tenantChangesBody = t.Partial(t.Composite([changes, t.Object({ live_version: liveVersion })]))
/** What may be changed of a tenant. */
export type TenantChangesBody = typeof tenantChangesBody.static

/** `POST /admin/tenants`: only id and name are required. */
export const newTenantBody = t.Composite([
  t.Object({
    id: t.String({
      pattern: '^[a-z0-9][a-z0-9_-]{0,62}$',
      error: 'must have lower-case letters, digits, "_" and "-", at most 63, and start with a letter or digit',
    }),
    name: settings.name,
  }),
  t.Omit(t.Partial(changes), ['name']),
])
/** A tenant to be made. */
export type NewTenantBody = typeof newTenantBody.static

const secretView = t.Object({
  set: t.Boolean(),
  last4: nullable(t.String()),
  updated_at: nullable(time),
})

const limit = nullable(t.Integer())
const limitAmounts = {
  requests_per_minute: limit,
  tokens_per_minute: limit,
  concurrent_streams: limit,
  tokens_per_month: limit,
  cost_per_month_micro_usd: limit,
}
/** Values for each limit; null is none. */
const limitAmountsView = t.Object(limitAmounts)

/** A tenant as sent: secrets only tell whether they are set. */
export const tenantView = t.Object({
  id: t.String(),
  number: t.Integer(),
  name: t.String(),
  owner_id: nullable(t.String()),
  is_self_made: t.Boolean({ description: 'An owner made it; in production it gets no answers on the platform’s key' }),
  is_active: t.Boolean(),
  deactivated_by: nullable(t.String()),
  isolation: isolations,
  state: t.Union([
    t.Literal('provisioning'),
    t.Literal('active'),
    t.Literal('failed'),
    t.Literal('moving'),
    t.Literal('deleting'),
  ]),
  failure: nullable(t.String({ description: 'Why its database could not be made or migrated, in state failed' })),
  database_server_id: nullable(t.String()),
  database_name: nullable(t.String()),
  registration: registrations,
  system_prompt: nullable(t.String()),
  retrieval: nullable(retrievalModes),
  retrieval_top_k: t.Integer(),
  retrieval_score_min: nullable(t.Number()),
  retrieval_weights: nullable(retrievalWeights),
  retrieval_filter: nullable(t.Record(t.String(), t.Unknown())),
  pinecone_environment: nullable(t.String()),
  pinecone_index: nullable(t.String()),
  pinecone_namespace: nullable(t.String()),
  pinecone_text_field: t.String(),
  pinecone_api_key: secretView,
  embedding_model: t.String(),
  model_provider: nullable(providers),
  model: nullable(t.String()),
  model_base_url: nullable(t.String()),
  model_api_key: secretView,
  max_output_tokens: t.Integer(),
  limits: t.Object({
    ...limitAmounts,
    soft: limitAmountsView,
    per_user: t.Object({ ...limitAmounts, soft: limitAmountsView }),
  }),
  created_at: time,
  updated_at: time,
})
/** A tenant as sent. */
export type TenantView = typeof tenantView.static

/** What a list of tenants tells beside them. */
export const includeQuery = t.Optional(
  t.String({
    pattern: '^(usage|total)(,(usage|total))*$',
    maxLength: 40,
    description: 'usage: sparkline, cost and connections of each tenant; total: how many match on all pages',
    error: 'must be usage, total, or both with a comma between',
  }),
)

/** A tenant in a list; the last three only with `?include=usage`. */
export const listedTenantView = t.Composite([
  tenantView,
  t.Object({
    usage: t.Optional(
      t.Object({
        requests_7d: t.Integer(),
        first_token_ms_p95: nullable(t.Integer()),
        cost_month_micro_usd: nullable(t.Integer()),
        last_active_at: nullable(time),
        daily: t.Array(t.Integer(), { description: 'Calls of the last 28 days, oldest first' }),
      }),
    ),
    effective: t.Optional(
      t.Object({ provider: nullable(t.String()), model: nullable(t.String()), retrieval: t.String() }),
    ),
    failing: t.Optional(t.Array(t.String(), { description: 'Connections that fail now' })),
  }),
])

const promptVersionView = t.Object({
  version: t.Integer(),
  system_prompt: nullable(t.String()),
  author: nullable(t.Object({ id: t.String(), email: nullable(t.String()), full_name: nullable(t.String()) })),
  created_at: time,
})

/** A page of prompt versions as sent, newest first. */
export const promptVersionsView = t.Composite([
  pageOf(promptVersionView),
  t.Object({ default_prompt: t.String({ description: 'What answers when the live version is null' }) }),
])

/** What a purge destroyed. */
export const purgeReceiptView = t.Object({
  tenant_id: t.String(),
  purged_at: time,
  deleted: t.Record(t.String(), t.Integer()),
  vectors_left: t.Integer({ description: 'That the tenant’s index did not give up; remove them there' }),
  usage: t.Object({ calls: t.Integer(), total_tokens: t.Integer(), cost_micro_usd: nullable(t.Integer()) }),
})
/** What a purge destroyed. */
export type PurgeReceipt = typeof purgeReceiptView.static
