import { t } from 'elysia'
import { countedPageOf, describePage, includeTotal, pageQuery, readPageQuery } from '../../http/page-query.ts'
import { type Gates, managerRoutes } from '../../http/routes.ts'
import { flag, email, fullName, newPassword, nullable, userView } from '../../http/schemas.ts'
import { jsonBody } from '../../http/strict-body.ts'
import { auditActorOf } from '../../http/tenant-gate.ts'
import { describeTenantUser } from '../../http/user-view.ts'
import { parseUserId } from '../../platform/ids.ts'
import {
  changeTenantUser,
  createTenantUser,
  listUsersOfTenant,
  removeTenantUser,
  type TenantUsersParts,
} from './tenant-users.usecases.ts'

const managedUserView = t.Composite([
  userView,
  t.Object({
    is_linked: t.Boolean({ description: 'Stands for a platform user' }),
    has_access: t.Boolean({ description: 'May sign in to this tenant now' }),
    linked_as: nullable(
      t.Union(
        [t.Literal('assigned'), t.Literal('owner'), t.Literal('superuser'), t.Literal('left'), t.Literal('deleted')],
        { description: "As what a platform user enters; null for the tenant's own users" },
      ),
    ),
    conversations: t.Integer(),
  }),
])

/** A tenant's users, both kinds, for its managers. */
export function tenantUserRoutes(parts: TenantUsersParts & { gates: Gates }) {
  return managerRoutes(parts.gates, 'Tenant users')
    .get(
      '/users',
      async ({ query, tenant }) => {
        const page = readPageQuery(query, '-created_at')
        const found = await listUsersOfTenant(parts, tenant, {
          ...page,
          kind: query.kind,
          isActive: query.is_active,
          withTotal: query.include === 'total',
        })
        const described = describePage(found, page.order, (user) => ({
          ...describeTenantUser(user, tenant.id),
          is_linked: user.coreUserId !== null,
          has_access: user.hasAccess,
          linked_as: user.linkedAs,
          conversations: user.conversations,
        }))
        return { ...described, ...(found.total === undefined ? {} : { total: found.total }) }
      },
      {
        query: t.Object({
          ...pageQuery(['created_at', 'email']),
          kind: t.Optional(t.Union([t.Literal('own'), t.Literal('linked')], { error: 'must be own or linked' })),
          is_active: t.Optional(flag),
          include: includeTotal,
        }),
        response: { 200: countedPageOf(managedUserView) },
        detail: { summary: 'List users of a tenant' },
      },
    )
    .post(
      '/users',
      async ({ body, tenant, principal, request, set }) => {
        const wanted = { email: body.email, password: body.password, fullName: body.full_name ?? null }
        const user = await createTenantUser(parts, tenant, wanted, auditActorOf(request, principal))
        set.status = 201
        return describeTenantUser(user, tenant.id)
      },
      {
        ...jsonBody(t.Object({ email, password: newPassword, full_name: t.Optional(fullName) })),
        response: { 201: userView },
        detail: { summary: 'Make a user of a tenant' },
      },
    )
    .patch(
      '/users/:user',
      async ({ body, params, tenant, principal, request }) => {
        const user = await changeTenantUser(parts, tenant, {
          id: parseUserId(params.user),
          changes: { fullName: body.full_name, password: body.password, isActive: body.is_active },
          actor: auditActorOf(request, principal),
        })
        return describeTenantUser(user, tenant.id)
      },
      {
        ...jsonBody(
          t.Object({
            full_name: t.Optional(fullName),
            password: t.Optional(newPassword),
            is_active: t.Optional(t.Boolean()),
          }),
        ),
        response: { 200: userView },
        detail: { summary: 'Change a user of a tenant' },
      },
    )
    .delete(
      '/users/:user',
      async ({ params, tenant, principal, request, set }) => {
        await removeTenantUser(parts, tenant, { id: parseUserId(params.user), actor: auditActorOf(request, principal) })
        set.status = 204
      },
      { response: { 204: t.Void() }, detail: { summary: 'Remove a user from a tenant' } },
    )
}
