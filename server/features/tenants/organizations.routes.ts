import { t } from 'elysia'
import { countMatchingTenants, listTenants } from '../../data/tenants.data.ts'
import { createOnce } from '../../http/idempotency.ts'
import { describePage, pageOf, pageQuery, readPageQuery } from '../../http/page-query.ts'
import { type Gates, headersKey, idempotencyHeader, organizationRoutes, ownerRoutes } from '../../http/routes.ts'
import { jsonBody } from '../../http/strict-body.ts'
import { auditActorOf } from '../../http/tenant-gate.ts'
import { createOrganization, type OrganizationsParts, setOrganizationActive } from './organizations.usecases.ts'
import { describeTenant, describeWithUsage } from './tenant-view.ts'
import { includeQuery, listedTenantView, newTenantBody, tenantView } from './tenants.schemas.ts'
import { describeNewTenant, newTenantNote } from './new-tenant.ts'
import { changeTenant } from './tenants.usecases.ts'

const tag = 'Organizations'
const { id, name } = newTenantBody.properties

const organizationsView = t.Composite([
  pageOf(listedTenantView),
  t.Object({
    total: t.Optional(t.Integer()),
    organizations_max: t.Optional(t.Integer({ description: 'How many one owner may have, with the total' })),
  }),
])

/** An owner's organizations: making and listing them. */
export function organizationRoutesForOwners(parts: OrganizationsParts & { gates: Gates }) {
  return ownerRoutes(parts.gates, '/organizations', tag)
    .get(
      '/',
      async ({ query, principal }) => {
        const page = readPageQuery(query, '-created_at', 'tenant')
        const wanted = { ...page, ownerId: principal.userId }
        const include = new Set(query.include?.split(','))
        const [found, total] = await Promise.all([
          listTenants(parts.core.db, wanted),
          include.has('total') ? countMatchingTenants(parts.core.db, wanted) : undefined,
        ])
        const describe = include.has('usage') ? await describeWithUsage(parts, found.items) : describeTenant
        return {
          ...describePage(found, page.order, describe),
          ...(total === undefined ? {} : { total, organizations_max: parts.config.organizationsPerOwner }),
        }
      },
      {
        query: t.Object({
          ...pageQuery(['created_at', 'updated_at', 'name', 'id', 'requests']),
          include: includeQuery,
        }),
        response: { 200: organizationsView },
        detail: { summary: 'List your organizations' },
      },
    )
    .post(
      '/',
      async ({ body, principal, request, set }) => {
        const answer = await createOnce(parts.core, { request, principal, body }, async (database) => {
          const actor = auditActorOf(request, principal)
          const tenant = await createOrganization(parts, database, { ...body, owner: principal, actor })
          return { status: 201, body: describeTenant(tenant) }
        })
        const made = await describeNewTenant(parts, answer.body)
        set.status = made.status
        return made.body
      },
      {
        ...jsonBody(t.Object({ name, id: t.Optional(id) })),
        response: { 201: tenantView, 202: tenantView },
        detail: {
          summary: 'Make an organization',
          description: newTenantNote,
          [headersKey]: [idempotencyHeader],
        },
      },
    )
}

/** One own organization. Everything else of it is changed by the routes of managers. */
export function organizationRoutesForOne(parts: OrganizationsParts & { gates: Gates }) {
  return organizationRoutes(parts.gates, tag)
    .get('/', ({ tenant }) => describeTenant(tenant), {
      response: { 200: tenantView },
      detail: { summary: 'One of your organizations' },
    })
    .patch(
      '/',
      async ({ body, tenant, principal, request }) =>
        describeTenant(await changeTenant(parts, tenant.id, body, auditActorOf(request, principal))),
      { ...jsonBody(t.Object({ name })), response: { 200: tenantView }, detail: { summary: 'Rename an organization' } },
    )
    .post(
      '/activate',
      async ({ tenant, principal, request }) => {
        const actor = auditActorOf(request, principal)
        return describeTenant(await setOrganizationActive(parts, { tenant, isActive: true, owner: principal, actor }))
      },
      { response: { 200: tenantView }, detail: { summary: 'Switch an organization on that you switched off' } },
    )
    .delete(
      '/',
      async ({ tenant, principal, request, set }) => {
        const actor = auditActorOf(request, principal)
        await setOrganizationActive(parts, { tenant, isActive: false, owner: principal, actor })
        set.status = 204
      },
      { response: { 204: t.Void() }, detail: { summary: 'Switch an organization off' } },
    )
}
