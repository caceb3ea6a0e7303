import { createHourlyLimit } from '../../http/hourly-limit.ts'
import { createOnce } from '../../http/idempotency.ts'
import type { OwnOrigin } from '../../http/own-origin.ts'
import { type Gates, headersKey, idempotencyHeader, managerRoutes } from '../../http/routes.ts'
import { jsonBody } from '../../http/strict-body.ts'
import { auditActorOf } from '../../http/tenant-gate.ts'
import type { SecretPlace } from '../../platform/secrets.ts'
import { inviteUser, isInTenant } from './invites.usecases.ts'
import { mailsLimit } from './registration.errors.ts'
import { emailBody, madeInviteView } from './registration.schemas.ts'
import type { RegistrationParts } from './registration.usecases.ts'

/** An hour and tenant: anybody may own one, and invites are mails to strangers. */
const invitesMax = 100

/** Inviting people to a tenant, for its managers. */
export function inviteRoutes(parts: RegistrationParts & { gates: Gates; ownOrigin: OwnOrigin }) {
  const { core, secretBox, outbox, clock } = parts
  const invites = createHourlyLimit({ name: 'invites', max: invitesMax, error: mailsLimit, core, clock })

  return managerRoutes(parts.gates, 'Tenant users').post(
    '/invites',
    async ({ body, tenant, principal, request, set }) => {
      const { email } = body
      await invites.ensureTenant(tenant.id)
      const invite = {
        tenant,
        email,
        isInTenant: await isInTenant(parts, tenant, email),
        actor: auditActorOf(request, principal),
      }
      const answer = await createOnce(core, { request, principal, body }, async (database) => {
        const { id, path, expiresAt } = await inviteUser(parts, database, invite)
        // The answer may be kept to be replayed, and the link opens an account.
        const sealed = await secretBox.seal(placeOfKeptLink(id), path)
        return { status: 201, body: { id, sealed, expires_at: expiresAt.toISOString() } }
      })
      outbox.sendSoon()
      set.status = 201
      const { id, sealed, expires_at } = answer.body
      const path = await secretBox.open(placeOfKeptLink(id), sealed)
      return { link: parts.ownOrigin.addressOf(request) + path, expires_at }
    },
    {
      ...jsonBody(emailBody),
      response: { 201: madeInviteView },
      detail: { summary: 'Invite somebody to a tenant', [headersKey]: [idempotencyHeader] },
    },
  )
}

function placeOfKeptLink(id: string): SecretPlace {
  return { table: 'idempotency_keys', column: 'body', row: id }
}
