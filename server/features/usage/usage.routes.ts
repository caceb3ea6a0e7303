import { t } from 'elysia'
import { type CallerName, findCallerNames } from '../../data/caller-names.data.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import { queryUsage, type UsageBucket, type UsageGroup, type UsageRow } from '../../data/usage.data.ts'
import { requestInvalid } from '../../http/problem-details.ts'
import { type Gates, managerRoutes, superuserRoutes } from '../../http/routes.ts'
import { nullable, time } from '../../http/schemas.ts'
import { readTime } from '../../http/time-query.ts'
import type { Clock } from '../../platform/clock.ts'
import type { TenantId } from '../../platform/ids.ts'

const usageQuery = t.Object({
  from: t.Optional(
    t.String({ maxLength: 40, description: 'A date or a time in RFC 3339; default: 30 days before `to`' }),
  ),
  to: t.Optional(t.String({ maxLength: 40, description: 'Not included; default: now' })),
  bucket: t.Optional(
    t.Union([t.Literal('hour'), t.Literal('day'), t.Literal('month')], { error: 'must be hour, day or month' }),
  ),
  group_by: t.Optional(
    t.Union([t.Literal('tenant'), t.Literal('model'), t.Literal('user'), t.Literal('purpose')], {
      error: 'must be tenant, model, user or purpose',
    }),
  ),
})

const usageItem = t.Object({
  bucket: time,
  tenant_id: t.Optional(t.String()),
  model: t.Optional(t.String()),
  user_id: t.Optional(nullable(t.String())),
  user_kind: t.Optional(nullable(t.Union([t.Literal('user'), t.Literal('api_key')]))),
  user_name: t.Optional(
    nullable(
      t.String({
        description:
          "An API key's name, revoked ones too, or a platform user's address; null for end users, whom only their tenant knows",
      }),
    ),
  ),
  purpose: t.Optional(t.String()),
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
})
type UsageItem = typeof usageItem.static

const usageAnswer = t.Object({ items: t.Array(usageItem), next_cursor: nullable(t.String()) })

const rowsMax = 50_000
const defaultDays = 30
const bucketsMax = 10_000
const bucketMs = { hour: 3_600_000, day: 86_400_000, month: 28 * 86_400_000 }

interface UsageParts {
  core: CoreDatabase
  clock: Clock
}

/** Made anew for each route: Elysia writes the router's own details, its audience among them, into the object. */
const routeOptions = () => ({
  query: usageQuery,
  response: { 200: t.Union([usageAnswer, t.String({ contentMediaType: 'text/csv' })]) },
  detail: { summary: 'Usage by time and group; CSV by Accept: text/csv' },
})

/** Usage of all tenants, for superusers. */
export function usageRoutesForSuperusers(parts: UsageParts & { gates: Gates }) {
  return superuserRoutes(parts.gates, '/admin/usage', 'Usage').get(
    '/',
    ({ query, request, set }) => answerUsage(parts, { query, request, headers: set.headers }),
    routeOptions(),
  )
}

/** Usage of one tenant, for its managers. */
export function usageRoutesForManagers(parts: UsageParts & { gates: Gates }) {
  return managerRoutes(parts.gates, 'Usage').get(
    '/usage',
    ({ query, request, set, tenant }) =>
      answerUsage(parts, { query, request, headers: set.headers, tenantId: tenant.id }),
    routeOptions(),
  )
}

interface UsageRequest {
  query: typeof usageQuery.static
  request: Request
  headers: Record<string, string | number>
  tenantId?: TenantId
}

async function answerUsage(parts: UsageParts, { query, request, headers, tenantId }: UsageRequest) {
  const bucket: UsageBucket = query.bucket ?? 'day'
  const to = query.to === undefined ? parts.clock.now() : readTime('to', query.to)
  const from =
    query.from === undefined ? new Date(to.getTime() - defaultDays * 86_400_000) : readTime('from', query.from)
  if (from.getUTCFullYear() < 1) throw refuse('to', `must have ${defaultDays} days before it, or come with from`)
  if (from >= to) throw refuse('from', 'must be before to')
  if ((to.getTime() - from.getTime()) / bucketMs[bucket] > bucketsMax) {
    throw refuse('bucket', `gives more than ${bucketsMax} buckets for this range; choose a larger one`)
  }
  const groupBy = query.group_by
  const rows = await queryUsage(parts.core.db, { tenantId, from, to, bucket, groupBy, limit: rowsMax + 1 })
  if (rows.length > rowsMax) throw refuse('from', `gives more than ${rowsMax} rows; choose a shorter range`)
  const ids = groupBy === 'user' ? new Set(rows.flatMap(({ userId }) => userId ?? [])) : []
  const names = await findCallerNames(parts.core.db, { ids: [...ids], tenantId })
  const items = rows.map((row) => describeRow(row, groupBy, names))
  if (prefersCsv(request)) {
    headers['content-type'] = 'text/csv; charset=utf-8'
    headers.vary = 'Origin, Accept'
    headers['content-disposition'] = `attachment; filename="usage-${tenantId ?? 'all'}-${day(from)}-${day(to)}.csv"`
    return writeCsv(items, groupBy)
  }
  return { items, next_cursor: null }
}

function describeRow(
  row: UsageRow,
  groupBy: UsageGroup | undefined,
  names: ReadonlyMap<string, CallerName>,
): UsageItem {
  const caller = row.userId === null ? undefined : names.get(row.userId)
  return {
    bucket: row.bucket.toISOString(),
    ...(groupBy === 'tenant' ? { tenant_id: row.tenantId ?? '' } : {}),
    ...(groupBy === 'model' ? { model: row.model ?? '' } : {}),
    ...(groupBy === 'user'
      ? { user_id: row.userId, user_kind: caller?.kind ?? null, user_name: caller?.name ?? null }
      : {}),
    ...(groupBy === 'purpose' ? { purpose: row.purpose ?? '' } : {}),
    requests: row.requests,
    failed: row.failed,
    aborted: row.aborted,
    prompt_tokens: row.promptTokens,
    completion_tokens: row.completionTokens,
    total_tokens: row.promptTokens + row.completionTokens,
    cost_micro_usd: row.costMicroUsd,
    unpriced_requests: row.unpriced,
    first_token_ms_p50: row.firstTokenMsP50,
    first_token_ms_p95: row.firstTokenMsP95,
  }
}

const day = (time: Date): string => time.toISOString().slice(0, 10)

function prefersCsv(request: Request): boolean {
  const wanted = (request.headers.get('accept') ?? '').split(',').map((entry) => {
    const [type = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase())
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
    return { type, quality: quality === undefined ? 1 : Number(quality) || 0 }
  })
  const qualityOf = (type: string): number =>
    Math.max(0, ...wanted.filter((entry) => entry.type === type).map((entry) => entry.quality))
  return qualityOf('text/csv') > qualityOf('application/json')
}

/** RFC 4180. Cells that a spreadsheet would take for a formula get an apostrophe before them. */
function writeCsv(items: UsageItem[], groupBy: UsageGroup | undefined): string {
  const groupColumns = {
    tenant: ['tenant_id'],
    model: ['model'],
    user: ['user_id', 'user_kind', 'user_name'],
    purpose: ['purpose'],
  }
  const columns = [
    'bucket',
    ...(groupBy ? groupColumns[groupBy] : []),
    'requests',
    'failed',
    'aborted',
    'prompt_tokens',
    'completion_tokens',
    'total_tokens',
    'cost_micro_usd',
    'unpriced_requests',
    'first_token_ms_p50',
    'first_token_ms_p95',
  ]
  const lines = items.map((item) => columns.map((column) => writeCell(Reflect.get(item, column))).join(','))
  return `${[columns.join(','), ...lines].join('\r\n')}\r\n`
}

function writeCell(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function refuse(path: string, message: string): Error {
  return requestInvalid({ detail: `${path}: ${message}`, errors: [{ path, message }] })
}
