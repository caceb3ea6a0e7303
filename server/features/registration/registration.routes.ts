import { t } from 'elysia'
import { createHourlyLimit } from '../../http/hourly-limit.ts'
import { publicRoutes } from '../../http/routes.ts'
import { userView } from '../../http/schemas.ts'
import { jsonBody } from '../../http/strict-body.ts'
import { auditActorOf, readTenantHeader, type TenantGate } from '../../http/tenant-gate.ts'
import type { AskedLink } from '../../mail/recipients.ts'
import type { Config } from '../../platform/config.ts'
import { acceptInvite, openInvite } from './invites.usecases.ts'
import { describeLink, resetPassword, type ShownLink, verifyAddress } from './links.usecases.ts'
import { mailsLimit, registrationsLimit } from './registration.errors.ts'
import {
  acceptBody,
  emailBody,
  inviteView,
  linkView,
  optionsView,
  registerBody,
  resetBody,
  tokenBody,
} from './registration.schemas.ts'
import { register, type RegistrationParts } from './registration.usecases.ts'

/** An hour and client address. */
const registrationsMax = 30
const mailsMax = 30

/** Registration, and the links that are mailed: anybody may call these. */
export function registrationRoutes(
  parts: RegistrationParts & { tenantGate: TenantGate; config: Pick<Config, 'registration' | 'mail' | 'mode'> },
) {
  const { core, clock, tenantGate, config } = parts
  const registrations = createHourlyLimit({
    name: 'registrations',
    max: registrationsMax,
    error: registrationsLimit,
    core,
    clock,
  })
  const mails = createHourlyLimit({ name: 'mails', max: mailsMax, error: mailsLimit, core, clock })
  /** The answer is the same whoever is asked for, and so is its time. */
  const ask = async (request: Request, purpose: AskedLink['purpose'], email: string): Promise<void> => {
    const tenantId = tenantGate.nameTenant(request)
    await mails.ensure(request)
    await parts.outbox.ask({ purpose, email, tenantId })
  }
  const shown = (request: Request, token: string): ShownLink => ({
    token,
    tenantId: readTenantHeader(request),
    actor: auditActorOf(request, undefined),
  })

  return publicRoutes('/auth', 'Registration')
    .get(
      '/options',
      () => ({
        registration: config.registration,
        mail: config.mail ? ('sent' as const) : config.mode === 'development' ? ('logged' as const) : ('kept' as const),
      }),
      { response: { 200: optionsView }, detail: { summary: 'Whether anybody may register, and how mail leaves' } },
    )
    .post(
      '/register',
      async ({ body, request, set }) => {
        const tenantId = tenantGate.nameTenant(request)
        await registrations.ensure(request)
        const { email, password } = body
        const actor = auditActorOf(request, undefined)
        set.status = 201
        return register(parts, { email, password, fullName: body.full_name ?? null, tenantId, actor })
      },
      { ...jsonBody(registerBody), response: { 201: userView }, detail: { summary: 'Register' } },
    )
    .post('/verify', ({ body, request }) => verifyAddress(parts, shown(request, body.token)), {
      ...jsonBody(tokenBody),
      response: { 200: linkView },
      detail: { summary: 'Verify an address by the mailed link' },
    })
    .post(
      '/verify/resend',
      async ({ body, request, set }) => {
        await ask(request, 'verify', body.email)
        set.status = 202
      },
      { ...jsonBody(emailBody), response: { 202: t.Void() }, detail: { summary: 'Ask for the verification again' } },
    )
    .post(
      '/password/forgot',
      async ({ body, request, set }) => {
        await ask(request, 'reset', body.email)
        set.status = 202
      },
      { ...jsonBody(emailBody), response: { 202: t.Void() }, detail: { summary: 'Ask for a link to a new password' } },
    )
    .post(
      '/password/reset',
      ({ body, request }) => resetPassword(parts, { ...shown(request, body.token), password: body.password }),
      {
        ...jsonBody(resetBody),
        response: { 200: linkView },
        detail: { summary: 'Set a new password by the mailed link' },
      },
    )
    .post(
      '/invites/show',
      async ({ body, request }) => {
        const { link, tenant } = await openInvite(parts, shown(request, body.token))
        return { ...(await describeLink(parts, link, tenant)), expires_at: link.expiresAt.toISOString() }
      },
      { ...jsonBody(tokenBody), response: { 200: inviteView }, detail: { summary: 'What an invite is for' } },
    )
    .post(
      '/invites/accept',
      async ({ body, request, set }) => {
        const { password } = body
        set.status = 201
        return acceptInvite(parts, { ...shown(request, body.token), password, fullName: body.full_name ?? null })
      },
      { ...jsonBody(acceptBody), response: { 201: userView }, detail: { summary: 'Accept an invite' } },
    )
}
