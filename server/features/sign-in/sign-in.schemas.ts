import { t } from 'elysia'
import { anyPassword, email, fullName, newPassword } from '../../http/schemas.ts'

const transport = t.Optional(
  t.Union([t.Literal('body'), t.Literal('cookie')], {
    description: 'Where the refresh token goes: into the body, or into an HttpOnly cookie for pages of this server.',
    error: 'must be "body" or "cookie"',
  }),
)

/** `POST /auth/login`. */
export const loginBody = t.Object({ email, password: anyPassword, session: transport })

/** `POST /auth/token`: the OAuth2 password form (RFC 6749 §4.3). */
export const tokenForm = t.Object({
  username: email,
  password: anyPassword,
  grant_type: t.Optional(t.String({ maxLength: 40 })),
  scope: t.Optional(t.String({ maxLength: 400 })),
  client_id: t.Optional(t.String({ maxLength: 200 })),
  client_secret: t.Optional(t.String({ maxLength: 400 })),
})

/** `POST /auth/setup`. */
export const setupBody = t.Object({
  token: t.String({ minLength: 1, maxLength: 200 }),
  email,
  password: newPassword,
  full_name: t.Optional(fullName),
  session: transport,
})

/** `POST /auth/refresh`. */
export const refreshBody = t.Object({ refresh_token: t.Optional(t.String({ minLength: 1, maxLength: 400 })) })

/** A pair of tokens as sent. With a cookie session the refresh token is in the cookie alone. */
export const tokensView = t.Object({
  access_token: t.String(),
  token_type: t.Literal('bearer'),
  expires_in: t.Integer({ description: 'Seconds' }),
  refresh_token: t.Optional(t.String()),
})
