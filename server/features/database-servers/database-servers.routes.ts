import { t } from 'elysia'
import { createOnce } from '../../http/idempotency.ts'
import { pageOf } from '../../http/page-query.ts'
import { type Gates, headersKey, idempotencyHeader, superuserRoutes } from '../../http/routes.ts'
import { describeSmallList, smallListQuery } from '../../http/small-list.ts'
import { jsonBody } from '../../http/strict-body.ts'
import { auditActorOf } from '../../http/tenant-gate.ts'
import { newServerBody, serverChangesBody, serverView } from './database-servers.schemas.ts'
import {
  changeServer,
  type DatabaseServersParts,
  getServer,
  listServers,
  registerServer,
  removeServer,
} from './database-servers.usecases.ts'

/** Where stores of dedicated tenants may live, for superusers. */
export function databaseServerRoutes(parts: DatabaseServersParts & { gates: Gates }) {
  return superuserRoutes(parts.gates, '/admin/database-servers', 'Database servers')
    .get(
      '/',
      async ({ query }) => describeSmallList({ items: await listServers(parts), query, id: 'id', search: ['name'] }),
      {
        query: smallListQuery(['created_at', 'name']),
        response: { 200: pageOf(serverView) },
        detail: { summary: 'Database servers, the built-in one first' },
      },
    )
    .get('/:server', ({ params }) => getServer(parts, params.server), {
      response: { 200: serverView },
      detail: { summary: 'One database server' },
    })
    .post(
      '/',
      async ({ body, principal, request, set }) => {
        const answer = await createOnce(parts.core, { request, principal, body }, async (database) => ({
          status: 201,
          body: { id: await registerServer(parts, database, body, auditActorOf(request, principal)) },
        }))
        set.status = 201
        return getServer(parts, answer.body.id)
      },
      {
        ...jsonBody(newServerBody),
        response: { 201: serverView },
        detail: {
          summary: 'Register a database server, once it was reached and found able',
          [headersKey]: [idempotencyHeader],
        },
      },
    )
    .patch(
      '/:server',
      async ({ params, body, principal, request }) => {
        await changeServer(parts, params.server, body, auditActorOf(request, principal))
        return getServer(parts, params.server)
      },
      {
        ...jsonBody(serverChangesBody),
        response: { 200: serverView },
        detail: { summary: 'Change a database server: only what is given' },
      },
    )
    .delete(
      '/:server',
      async ({ params, principal, request, set }) => {
        await removeServer(parts, params.server, auditActorOf(request, principal))
        set.status = 204
      },
      { response: { 204: t.Void() }, detail: { summary: 'Forget a database server that no tenant lives on' } },
    )
}
