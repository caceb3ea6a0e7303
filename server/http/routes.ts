import { Elysia } from 'elysia'
import type { TenantRecord } from '../data/tenants.data.ts'
import type { Directories } from '../data/directories.ts'
import { defineError } from '../platform/errors.ts'
import type { ApiKeyScope } from '../platform/api-keys.ts'
import { parseTenantId } from '../platform/ids.ts'
import { addToLogContext } from '../platform/log.ts'
import type { DenialAudit } from './denial-audit.ts'
import type { CorePrincipal, Identity, Principal, SignedInPrincipal } from './identity.ts'
import { factsOf, noteTenant } from './request-facts.ts'
import { auditActorOf, forbidden, type TenantEntry, type TenantGate, tenantNotFound } from './tenant-gate.ts'

/** The route is for platform users; a tenant's token does not open it. */
export const coreRequired = defineError({
  code: 'scope.core_required',
  status: 403,
  title: 'This needs a platform account',
})

/** Who a route is for (contract, “Audiences”). */
export type Audience = 'public' | 'any' | 'tenant' | 'owner' | 'manager' | 'superuser'

/** The gates that routers are made with. */
export interface Gates {
  identity: Identity
  tenantGate: TenantGate
  directories: Directories
  denials: DenialAudit
}

/** The key under which every route carries its audience; the census test finds routes without one. */
export const audienceKey = 'x-audience'

/** Marks a route whose body is a form, for the API document. */
export const formKey = 'x-form'
/** Lists the headers that a route reads beside those of its audience, for the API document. */
export const headersKey = 'x-headers'
/** The header of a creation that may be sent again. */
export const idempotencyHeader = {
  name: 'Idempotency-Key',
  description: 'Sent again within 24 hours, the same request gets the first answer',
}

const described = (audience: Audience, tag: string) => ({
  [audienceKey]: audience,
  tags: [tag],
  ...(audience === 'public' ? {} : { security: [{ bearer: [] }] }),
})

/*
 * The makers below are the only ways to make a router. Each puts its gate in front of the routes that are added to it;
 * `derive` runs before validation, so an anonymous caller gets 401 and not a list of fields.
 */

/** Routes for everybody. */
export function publicRoutes<const Prefix extends string>(prefix: Prefix, tag: string) {
  return new Elysia({ prefix, detail: described('public', tag) })
}

/** Routes for everybody who is signed in, and for API keys. */
export function anyRoutes<const Prefix extends string>(gates: Gates, prefix: Prefix, tag: string) {
  return new Elysia({ prefix, detail: described('any', tag) }).derive(async ({ request }) => ({
    principal: await identify(gates, request),
  }))
}

/** Routes for everybody who is signed in: an API key has no account and no session. */
export function signedInRoutes<const Prefix extends string>(gates: Gates, prefix: Prefix, tag: string) {
  return new Elysia({ prefix, detail: described('any', tag) }).derive(
    async ({ request }): Promise<{ principal: SignedInPrincipal }> => {
      const principal = await identify(gates, request)
      if (principal.scope !== 'api_key') return { principal }
      return deny(gates, request, principal, 'This is for people: an API key has no account of its own.')
    },
  )
}

/**
 * Routes of a tenant's users and its API keys; handlers get the tenant, its scope and their row in it.
 * @param options `keyScope`: what an API key must be for
 */
export function tenantRoutes<const Prefix extends string>(
  gates: Gates,
  prefix: Prefix,
  options: { tag: string; keyScope: ApiKeyScope },
) {
  const { tag, keyScope } = options
  return new Elysia({ prefix, detail: described('tenant', tag) }).derive(
    async ({ request }): Promise<{ principal: Principal; entry: TenantEntry }> => {
      const principal = await gates.identity.identify(request)
      noteUser(request, principal)
      if (principal.scope === 'api_key' && !principal.keyScopes.includes(keyScope)) {
        await deny(gates, request, principal, `This API key is not for this: it lacks the scope "${keyScope}".`)
      }
      const entry = await gates.tenantGate.enter(request, principal)
      return { principal, entry }
    },
  )
}

/** Routes of owners. */
export function ownerRoutes<const Prefix extends string>(gates: Gates, prefix: Prefix, tag: string) {
  return new Elysia({ prefix, detail: described('owner', tag) }).derive(async ({ request }) => ({
    principal: await identifyOwner(gates, request),
  }))
}

/** Routes of one organization for its owner, superusers not among them. To everybody else it does not exist. */
export function organizationRoutes(gates: Gates, tag: string) {
  return new Elysia({ prefix: '/organizations/:id', detail: described('owner', tag) }).derive(
    async ({ request, params }): Promise<{ principal: CorePrincipal; tenant: TenantRecord }> => {
      const principal = await identifyOwner(gates, request)
      const isOwn = (tenant: TenantRecord): boolean => tenant.ownerId === principal.userId
      return { principal, tenant: await findManaged(gates, { request, principal, id: params.id, mayManage: isOwn }) }
    },
  )
}

/** Routes of one tenant for its managers: superusers and its owner. To other owners it does not exist. */
export function managerRoutes(gates: Gates, tag: string) {
  return new Elysia({ prefix: '/admin/tenants/:id', detail: described('manager', tag) }).derive(
    async ({ request, params }): Promise<{ principal: CorePrincipal; tenant: TenantRecord }> => {
      const principal = await identifyCore(gates, request)
      if (!principal.isSuperuser && !principal.isOwner) {
        await deny(gates, request, principal, 'This is for managers of a tenant.')
      }
      const mayManage = (tenant: TenantRecord): boolean => principal.isSuperuser || tenant.ownerId === principal.userId
      return { principal, tenant: await findManaged(gates, { request, principal, id: params.id, mayManage }) }
    },
  )
}

/** Routes of superusers. */
export function superuserRoutes<const Prefix extends string>(gates: Gates, prefix: Prefix, tag: string) {
  return new Elysia({ prefix, detail: described('superuser', tag) }).derive(async ({ request }) => {
    const principal = await identifyCore(gates, request)
    if (!principal.isSuperuser) await deny(gates, request, principal, 'This is for superusers.')
    return { principal }
  })
}

async function identify(gates: Gates, request: Request): Promise<Principal> {
  const principal = await gates.identity.identify(request)
  noteUser(request, principal)
  // A header that differs from the claim is refused on every route, whether or not it needs a tenant.
  if (request.headers.has('x-tenant')) await gates.tenantGate.resolve(request, principal)
  return principal
}

async function identifyCore(gates: Gates, request: Request): Promise<CorePrincipal> {
  const principal = await identify(gates, request)
  if (principal.scope === 'core') return principal
  await recordDenial(gates, request, principal, principal.tenantId)
  throw coreRequired({ detail: 'This needs a platform account: sign in without X-TENANT.' })
}

async function identifyOwner(gates: Gates, request: Request): Promise<CorePrincipal> {
  const principal = await identifyCore(gates, request)
  if (!principal.isOwner) await deny(gates, request, principal, 'This is for owners of organizations.')
  return principal
}

/** The tenant of a path, for somebody who may manage it; to others it is missing, and that they asked is audited. */
async function findManaged(
  gates: Gates,
  wanted: { request: Request; principal: CorePrincipal; id: string; mayManage: (tenant: TenantRecord) => boolean },
): Promise<TenantRecord> {
  const { request, principal } = wanted
  const id = parseTenantId(wanted.id)
  const tenant = id && (await gates.directories.tenant(id))
  if (tenant && wanted.mayManage(tenant)) {
    noteTenant(request, tenant.id)
    return tenant
  }
  if (tenant) await recordDenial(gates, request, principal, tenant.id)
  throw tenantNotFound({ detail: 'There is no tenant with this id.' })
}

async function deny(gates: Gates, request: Request, principal: Principal, detail: string): Promise<never> {
  await recordDenial(gates, request, principal, principal.tenantId)
  throw forbidden({ detail })
}

function recordDenial(gates: Gates, request: Request, principal: Principal, tenantId: string | null): Promise<void> {
  return gates.denials.record(auditActorOf(request, principal), {
    action: 'access.denied',
    targetType: 'route',
    targetId: `${request.method} ${new URL(request.url).pathname}`.slice(0, 300),
    tenantId,
  })
}

function noteUser(request: Request, principal: Principal): void {
  factsOf(request).userId = principal.userId
  addToLogContext({ user_id: principal.userId })
}
