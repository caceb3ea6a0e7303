import { t } from 'elysia'
import { nullable, time } from '../../http/schemas.ts'

const scope = t.Union([t.Literal('chat'), t.Literal('conversations')], {
  description: 'chat: asks; conversations: reads, renames and deletes the conversations of the key',
  error: 'must be "chat" or "conversations"',
})

const graceMinutesMax = 30 * 24 * 60

/** `POST …/api-keys`. */
export const newApiKeyBody = t.Object({
  name: t.String({
    minLength: 1,
    maxLength: 100,
    pattern: String.raw`\S`,
    error: 'must have 1 to 100 characters, not only spaces',
  }),
  scopes: t.Optional(
    t.Array(scope, {
      minItems: 1,
      maxItems: 2,
      uniqueItems: true,
      error: 'must name each scope once, and one at least',
    }),
  ),
  expires_at: t.Optional(
    nullable(t.String({ maxLength: 40, description: 'A time, or a date and then its midnight in UTC' })),
  ),
})

/** `POST …/api-keys/{key}/rotate`. */
export const rotationBody = t.Object({
  grace_minutes: t.Optional(
    t.Integer({
      minimum: 0,
      maximum: graceMinutesMax,
      description: 'How long the secret before is still accepted; default a day',
      error: `must be a whole number from 0 to ${graceMinutesMax}`,
    }),
  ),
})

/** A key as sent. */
export const apiKeyView = t.Object({
  id: t.String(),
  name: t.String(),
  last4: t.String({ description: 'The last characters of its secret' }),
  scopes: t.Array(scope),
  status: t.Union([t.Literal('active'), t.Literal('expired')]),
  expires_at: nullable(time),
  created_by: nullable(t.String({ description: 'The address of whoever made it' })),
  created_at: time,
  rotated_at: nullable(time),
  grace_until: nullable(t.String({ format: 'date-time', description: 'Until then secrets before are still accepted' })),
  last_used_at: nullable(time),
})

/** A key with its secret, which is shown this once. */
export const shownApiKeyView = t.Composite([apiKeyView, t.Object({ secret: t.String() })])
