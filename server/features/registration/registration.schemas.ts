import { t } from 'elysia'
import { email, fullName, newPassword, nullable, time } from '../../http/schemas.ts'

const token = t.String({ minLength: 1, maxLength: 200, error: 'must be the token of a link' })

/** `POST /auth/register`. */
export const registerBody = t.Object({ email, password: newPassword, full_name: t.Optional(fullName) })

/** `POST /auth/verify` and `POST /auth/invites/show`. */
export const tokenBody = t.Object({ token })

/** `POST /auth/verify/resend`, `POST /auth/password/forgot` and `POST …/invites`. */
export const emailBody = t.Object({ email })

/** `POST /auth/password/reset`. */
export const resetBody = t.Object({ token, password: newPassword })

/** `POST /auth/invites/accept`. */
export const acceptBody = t.Object({ token, password: newPassword, full_name: t.Optional(fullName) })

/** Whose address a link was for, and where that account signs in. */
export const linkView = t.Object({
  email: t.String(),
  scope: t.Union([t.Literal('core'), t.Literal('tenant')]),
  tenant_id: nullable(t.String()),
  tenant_name: nullable(t.String()),
  tenant_origins: t.Array(t.String(), { description: 'Where the tenant is proven to be reached, oldest first' }),
})
/** Whose address a link was for, and where that account signs in. */
export type LinkView = typeof linkView.static

/** An invite before it is accepted. */
export const inviteView = t.Composite([linkView, t.Object({ expires_at: time })])

/** An invite as its maker gets it. */
export const madeInviteView = t.Object({ link: t.String(), expires_at: time })

/** `GET /auth/options`. */
export const optionsView = t.Object({
  registration: t.Union([t.Literal('open'), t.Literal('closed')], { description: 'Of accounts of the platform' }),
  mail: t.Union([t.Literal('sent'), t.Literal('logged'), t.Literal('kept')], {
    description: 'sent by a mail server; logged by the server and kept, in development; kept for superusers to read',
  }),
})
