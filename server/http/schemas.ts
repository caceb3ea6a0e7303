import { t } from 'elysia'
import { newPasswordLength } from '../platform/passwords.ts'

/** Shapes that several features send or take. Times are RFC 3339 in UTC. */

/** A time as it is sent. */
export const time = t.String({ format: 'date-time' })

/** A schema or null. Its own sentence says so, unless it speaks of null already. */
export const nullable = <S extends Parameters<typeof t.Union>[0][number]>(schema: S) =>
  t.Union([schema, t.Null()], typeof schema.error === 'string' ? { error: orNull(schema.error) } : {})

const orNull = (sentence: string): string => (/\bnull\b/.test(sentence) ? sentence : `${sentence}, or null`)

/** A yes or no of a query. */
export const flag = t.BooleanString({ error: 'must be true or false' })

/** Characters that nobody sees, or that turn text around: with them one address could look like another. */
const unseen = String.raw`\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\udb40`

/** An e-mail address, in any spelling; it is compared in lower case. */
export const email = t.String({
  minLength: 3,
  maxLength: 254,
  pattern: String.raw`^[^\s@\u0000-\u001f${unseen}]+@[^\s@\u0000-\u001f${unseen}]+$`,
  error: 'must be an e-mail address',
})

/** A password at sign-in: anything short enough to hash, as old ones may be shorter than new ones must be. */
export const anyPassword = t.String({ minLength: 1, maxLength: 1024, error: 'must have 1 to 1024 characters' })

/** A new password. */
export const newPassword = t.String({
  minLength: newPasswordLength.min,
  maxLength: newPasswordLength.max,
  error: `must have ${newPasswordLength.words}`,
})

/** A person's name. */
export const fullName = nullable(t.String({ maxLength: 200 }))

/** A UUID in a path. */
export const uuid = t.String({
  // Not `format: 'uuid'`, which takes urn:uuid:… as well.
  pattern: '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$',
  error: 'must be a UUID',
})

/** A user as sent: a platform user (scope core) or a tenant's (scope tenant). */
export const userView = t.Object({
  id: t.String(),
  email: t.String(),
  full_name: nullable(t.String()),
  scope: t.Union([t.Literal('core'), t.Literal('tenant')]),
  tenant_id: nullable(t.String()),
  is_active: t.Boolean(),
  is_verified: t.Boolean(),
  is_owner: t.Boolean(),
  is_superuser: t.Boolean(),
  created_at: time,
})
/** A user as sent. */
export type UserView = typeof userView.static

/** A retrieved passage as sent (contract: Source). */
export const sourceView = t.Object({
  n: t.Integer(),
  document_id: nullable(t.String()),
  chunk_id: t.String(),
  title: nullable(t.String()),
  url: nullable(t.String()),
  excerpt: t.String(),
  start: nullable(t.Integer()),
  end: nullable(t.Integer()),
  score: t.Number(),
})

/** What an answer used, as sent. */
export const usageView = t.Object({
  model: t.String(),
  prompt_tokens: t.Integer(),
  completion_tokens: t.Integer(),
  total_tokens: t.Integer(),
  cost_micro_usd: nullable(t.Integer()),
  usage_source: t.Union([t.Literal('provider'), t.Literal('estimated')]),
})
