import { t } from 'elysia'
import { countMatchingUsers, countUsers, listUsers } from '../../data/users.data.ts'
import { createOnce } from '../../http/idempotency.ts'
import { countedPageOf, describePage, includeTotal, pageQuery, readPageQuery } from '../../http/page-query.ts'
import { type Gates, headersKey, idempotencyHeader, superuserRoutes } from '../../http/routes.ts'
import { flag, email, fullName, newPassword, userView } from '../../http/schemas.ts'
import { jsonBody } from '../../http/strict-body.ts'
import { auditActorOf } from '../../http/tenant-gate.ts'
import { describeUser } from '../../http/user-view.ts'
import { parseTenantId, parseUserId } from '../../platform/ids.ts'
import {
  assignUser,
  changeUser,
  createUser,
  getUser,
  removeUser,
  unassignUser,
  type UsersParts,
} from './users.usecases.ts'

const newUserBody = t.Object({
  email,
  password: newPassword,
  full_name: t.Optional(fullName),
  is_superuser: t.Optional(t.Boolean()),
  is_owner: t.Optional(t.Boolean()),
})

const changesBody = t.Object({
  full_name: t.Optional(fullName),
  password: t.Optional(newPassword),
  is_active: t.Optional(t.Boolean()),
  is_verified: t.Optional(t.Boolean()),
  is_superuser: t.Optional(t.Boolean()),
  is_owner: t.Optional(t.Boolean()),
})

const countsView = t.Object({
  all: t.Integer(),
  superusers: t.Integer(),
  active_superusers: t.Integer({ description: 'Of these one is always left' }),
  owners: t.Integer(),
  assigned: t.Integer(),
  unassigned: t.Integer(),
})

const sorts = ['created_at', 'email'] as const

/** Platform users, for superusers. */
export function userRoutes(parts: UsersParts & { gates: Gates }) {
  return superuserRoutes(parts.gates, '/admin/users', 'Users')
    .get(
      '/',
      async ({ query }) => {
        const page = readPageQuery(query, '-created_at')
        const filters = {
          q: page.q,
          tenantId: query.tenant_id === undefined ? undefined : parseTenantId(query.tenant_id),
          unassigned: query.unassigned,
          isActive: query.is_active,
          isVerified: query.is_verified,
          isSuperuser: query.is_superuser,
          isOwner: query.is_owner,
        }
        const [found, total] = await Promise.all([
          listUsers(parts.core.db, { ...page, ...filters }),
          query.include === 'total' ? countMatchingUsers(parts.core.db, filters) : undefined,
        ])
        return { ...describePage(found, page.order, describeUser), ...(total === undefined ? {} : { total }) }
      },
      {
        query: t.Object({
          ...pageQuery(sorts),
          tenant_id: t.Optional(t.String({ pattern: '^[a-z0-9][a-z0-9_-]{0,62}$', error: 'must be a tenant id' })),
          unassigned: t.Optional(flag),
          is_active: t.Optional(flag),
          is_verified: t.Optional(flag),
          is_superuser: t.Optional(flag),
          is_owner: t.Optional(flag),
          include: includeTotal,
        }),
        response: { 200: countedPageOf(userView) },
        detail: { summary: 'List platform users' },
      },
    )
    .get('/counts', () => countUsers(parts.core.db), {
      response: { 200: countsView },
      detail: { summary: 'Platform users by kind' },
    })
    .post(
      '/',
      async ({ body, principal, request, set }) => {
        const passwordHash = await parts.passwords.hash(body.password)
        const answer = await createOnce(parts.core, { request, principal, body }, async (database) => {
          const user = await createUser(
            database,
            {
              email: body.email,
              passwordHash,
              fullName: body.full_name ?? null,
              isSuperuser: body.is_superuser ?? false,
              isOwner: body.is_owner ?? false,
            },
            auditActorOf(request, principal),
          )
          return { status: 201, body: describeUser(user) }
        })
        set.status = 201
        return answer.body
      },
      {
        ...jsonBody(newUserBody),
        response: { 201: userView },
        detail: { summary: 'Make a platform user', [headersKey]: [idempotencyHeader] },
      },
    )
    .get('/:id', async ({ params }) => describeUser(await getUser(parts, parseUserId(params.id))), {
      response: { 200: userView },
      detail: { summary: 'One platform user' },
    })
    .patch(
      '/:id',
      async ({ params, body, principal, request }) => {
        const changes = {
          fullName: body.full_name,
          password: body.password,
          isActive: body.is_active,
          isVerified: body.is_verified,
          isSuperuser: body.is_superuser,
          isOwner: body.is_owner,
        }
        return describeUser(await changeUser(parts, parseUserId(params.id), changes, auditActorOf(request, principal)))
      },
      { ...jsonBody(changesBody), response: { 200: userView }, detail: { summary: 'Change a platform user' } },
    )
    .delete(
      '/:id',
      async ({ params, principal, request, set }) => {
        await removeUser(parts, parseUserId(params.id), auditActorOf(request, principal))
        set.status = 204
      },
      { response: { 204: t.Void() }, detail: { summary: 'Delete a platform user' } },
    )
    .put(
      '/:id/tenant',
      async ({ params, body, principal, request }) => {
        const actor = auditActorOf(request, principal)
        return describeUser(await assignUser(parts, parseUserId(params.id), body.tenant_id, actor))
      },
      {
        ...jsonBody(t.Object({ tenant_id: t.String({ minLength: 1, maxLength: 63 }) })),
        response: { 200: userView },
        detail: { summary: 'Assign a user to a tenant' },
      },
    )
    .delete(
      '/:id/tenant',
      async ({ params, principal, request, set }) => {
        await unassignUser(parts, parseUserId(params.id), auditActorOf(request, principal))
        set.status = 204
      },
      { response: { 204: t.Void() }, detail: { summary: 'Take a user out of its tenant' } },
    )
}
