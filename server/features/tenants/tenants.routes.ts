import { t } from 'elysia'
import { countMatchingTenants, listTenants, type TenantRecord } from '../../data/tenants.data.ts'
import { createOnce } from '../../http/idempotency.ts'
import { describePage, pageOf, pageQuery, readPageQuery } from '../../http/page-query.ts'
import { requestInvalid } from '../../http/problem-details.ts'
import { type Gates, headersKey, idempotencyHeader, managerRoutes, superuserRoutes } from '../../http/routes.ts'
import { flag, uuid } from '../../http/schemas.ts'
import { jsonBody } from '../../http/strict-body.ts'
import { readTime } from '../../http/time-query.ts'
import { auditActorOf, forbidden, tenantNotFound } from '../../http/tenant-gate.ts'
import type { CorePrincipal } from '../../http/identity.ts'
import { parseTenantId, parseUserId } from '../../platform/ids.ts'
import { describeNewTenant, newTenantNote } from './new-tenant.ts'
import { describeTenant, describeWithUsage } from './tenant-view.ts'
import {
  includeQuery,
  listedTenantView,
  newTenantBody,
  purgeReceiptView,
  type TenantChangesBody,
  tenantChangesBody,
  tenantView,
} from './tenants.schemas.ts'
import { type PurgeParts, purgeTenant } from './purge-tenant.usecases.ts'
import {
  changeTenant,
  createTenant,
  retryProvisioning,
  setTenantActive,
  type TenantsParts,
} from './tenants.usecases.ts'

const tag = 'Tenants'
const sorts = ['created_at', 'updated_at', 'name', 'id', 'requests'] as const
const superuserFields = ['isolation', 'database_server_id', 'owner_id', 'is_active', 'limits'] as const

/** Onboarding, listing and ending tenants, for superusers. */
export function tenantRoutesForSuperusers(parts: PurgeParts & { gates: Gates }) {
  return superuserRoutes(parts.gates, '/admin/tenants', tag)
    .get(
      '/',
      async ({ query }) => {
        const page = readPageQuery(query, '-created_at', 'tenant')
        const wanted = {
          ...page,
          isActive: query.is_active,
          state: query.state,
          isolation: query.isolation,
          ownerId: query.owner_id === undefined ? undefined : parseUserId(query.owner_id),
          model: query.model,
          createdFrom: query.created_from === undefined ? undefined : readTime('created_from', query.created_from),
          createdTo: query.created_to === undefined ? undefined : readTime('created_to', query.created_to),
        }
        const include = new Set(query.include?.split(','))
        const [found, total] = await Promise.all([
          listTenants(parts.core.db, wanted),
          include.has('total') ? countMatchingTenants(parts.core.db, wanted) : undefined,
        ])
        const describe = include.has('usage') ? await describeWithUsage(parts, found.items) : describeTenant
        return { ...describePage(found, page.order, describe), ...(total === undefined ? {} : { total }) }
      },
      {
        query: t.Object({
          ...pageQuery(sorts),
          include: includeQuery,
          state: t.Optional(
            t.Union([t.Literal('active'), t.Literal('attention'), t.Literal('provisioning'), t.Literal('suspended')], {
              error: 'must be active, attention, provisioning or suspended',
            }),
          ),
          is_active: t.Optional(flag),
          isolation: t.Optional(t.Union([t.Literal('pooled'), t.Literal('dedicated')])),
          owner_id: t.Optional(uuid),
          model: t.Optional(
            t.String({ maxLength: 200, description: 'The model a tenant names; empty for those that name none' }),
          ),
          created_from: t.Optional(t.String({ maxLength: 40, description: 'A date or a time in RFC 3339' })),
          created_to: t.Optional(t.String({ maxLength: 40, description: 'Not included' })),
        }),
        response: { 200: t.Composite([pageOf(listedTenantView), t.Object({ total: t.Optional(t.Integer()) })]) },
        detail: { summary: 'List tenants' },
      },
    )
    .post(
      '/',
      async ({ body, principal, request, set }) => {
        const answer = await createOnce(parts.core, { request, principal, body }, async (database) => {
          const tenant = await createTenant(parts, database, body, auditActorOf(request, principal))
          return { status: 201, body: describeTenant(tenant) }
        })
        const made = await describeNewTenant(parts, answer.body)
        set.status = made.status
        return made.body
      },
      {
        ...jsonBody(newTenantBody),
        response: { 201: tenantView, 202: tenantView },
        detail: {
          summary: 'Onboard a tenant',
          description: newTenantNote,
          [headersKey]: [idempotencyHeader],
        },
      },
    )
    .post(
      '/:id/provision/retry',
      async ({ params, principal, request, set }) => {
        const id = parseTenantId(params.id)
        if (!id) throw tenantNotFound({ detail: 'There is no tenant with this id.' })
        const tenant = await retryProvisioning(parts, id, auditActorOf(request, principal))
        set.status = tenant.state === 'provisioning' ? 202 : 200
        return describeTenant(tenant)
      },
      {
        response: { 200: tenantView, 202: tenantView },
        detail: { summary: "Make a failed tenant's database again; other tenants are left as they are" },
      },
    )
    .post(
      '/:id/activate',
      async ({ params, principal, request }) => {
        const id = parseTenantId(params.id)
        if (!id) throw tenantNotFound({ detail: 'There is no tenant with this id.' })
        return describeTenant(await setTenantActive(parts, id, true, auditActorOf(request, principal)))
      },
      { response: { 200: tenantView }, detail: { summary: 'Switch a tenant on' } },
    )
    .delete(
      '/:id',
      async ({ params, query, principal, request, set }) => {
        const id = parseTenantId(params.id)
        if (!id) throw tenantNotFound({ detail: 'There is no tenant with this id.' })
        const actor = auditActorOf(request, principal)
        if (!query.purge) {
          await setTenantActive(parts, id, false, actor)
          set.status = 204
          return undefined
        }
        if (request.headers.get('x-confirm') !== id) {
          throw requestInvalid({
            detail: `A purge cannot be undone: send the header x-confirm: ${id}.`,
            errors: [{ path: 'x-confirm', message: "must be the tenant's id" }],
          })
        }
        return purgeTenant(parts, id, actor)
      },
      {
        query: t.Object({ purge: t.Optional(flag) }),
        response: { 200: purgeReceiptView, 204: t.Void() },
        detail: {
          summary: 'Switch a tenant off, or destroy it',
          [headersKey]: [{ name: 'x-confirm', description: 'The id once more, needed for a purge' }],
        },
      },
    )
}

/** One tenant, for its managers. */
export function tenantRoutesForManagers(parts: TenantsParts & { gates: Gates }) {
  const change = async (given: GivenChange) => {
    const { tenant, body, principal, request } = given
    ensureMayWrite(body, principal)
    return describeTenant(await changeTenant(parts, tenant.id, body, auditActorOf(request, principal)))
  }

  return managerRoutes(parts.gates, tag)
    .get('/', ({ tenant }) => describeTenant(tenant), {
      response: { 200: tenantView },
      detail: { summary: 'One tenant' },
    })
    .put('/', change, {
      ...jsonBody(tenantChangesBody),
      response: { 200: tenantView },
      detail: { summary: 'Change a tenant: only what is given' },
    })
    .patch('/', change, {
      ...jsonBody(tenantChangesBody),
      response: { 200: tenantView },
      detail: { summary: 'Change a tenant: only what is given' },
    })
}

interface GivenChange {
  tenant: TenantRecord
  body: TenantChangesBody
  principal: CorePrincipal
  request: Request
}

/** Some fields are the platform's to decide. */
function ensureMayWrite(body: TenantChangesBody, principal: CorePrincipal): void {
  if (principal.isSuperuser) return
  const field = superuserFields.find((name) => body[name] !== undefined)
  if (field) throw forbidden({ detail: `Only superusers may change ${field}.` })
}
