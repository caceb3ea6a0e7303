import { t } from 'elysia'
import { findNewestMove, listMoves, type TenantMove } from '../../data/tenant-moves.data.ts'
import type { MoveTarget } from '../../data/move-tenant.ts'
import type { TenantRecord } from '../../data/tenants.data.ts'
import { pageOf } from '../../http/page-query.ts'
import { requestInvalid } from '../../http/problem-details.ts'
import { type Gates, superuserRoutes } from '../../http/routes.ts'
import { nullable, time, uuid } from '../../http/schemas.ts'
import { describeSmallList, smallListQuery } from '../../http/small-list.ts'
import { jsonBody } from '../../http/strict-body.ts'
import { auditActorOf, tenantNotFound } from '../../http/tenant-gate.ts'
import { defineError } from '../../platform/errors.ts'
import { parseDatabaseServerId, parseTenantId } from '../../platform/ids.ts'
import type { TenantsParts } from './tenants.usecases.ts'

/** The tenant was never moved, or no move of it is running. */
export const moveNotFound = defineError({ code: 'move.not_found', status: 404, title: 'There is no such move' })

const isolation = t.Union([t.Literal('pooled'), t.Literal('dedicated')], { error: 'must be pooled or dedicated' })
const place = t.Object({ isolation, database_server_id: nullable(t.String()), database_name: nullable(t.String()) })

const moveView = t.Object({
  id: t.String(),
  tenant_id: t.String(),
  source: place,
  target: place,
  step: t.Union(
    [
      t.Literal('preparing'),
      t.Literal('copying'),
      t.Literal('pausing'),
      t.Literal('moved'),
      t.Literal('aborted'),
      t.Literal('failed'),
    ],
    { description: 'pausing: writes wait; the last three are ends' },
  ),
  rows_total: t.Integer(),
  rows_copied: t.Integer(),
  paused_ms: nullable(t.Integer({ description: 'How long writes waited' })),
  failure: nullable(t.String()),
  started_at: time,
  ended_at: nullable(time),
  source_kept_until: nullable(time),
})

const movesMax = 20

/** Moving a tenant to another store while it is served, for superusers. */
export function moveRoutes(parts: TenantsParts & { gates: Gates }) {
  const findTenant = async (text: string): Promise<TenantRecord> => {
    const id = parseTenantId(text)
    const tenant = id && (await parts.directories.tenant(id))
    if (!tenant) throw tenantNotFound({ detail: 'There is no tenant with this id.' })
    return tenant
  }

  return superuserRoutes(parts.gates, '/admin/tenants', 'Tenants')
    .get(
      '/:id/move',
      async ({ params }) => {
        const tenant = await findTenant(params.id)
        const move = await findNewestMove(parts.core.db, tenant.id)
        if (!move) throw moveNotFound({ detail: 'This tenant was never moved.' })
        return describeMove(move)
      },
      { response: { 200: moveView }, detail: { summary: 'How far the newest move of a tenant is' } },
    )
    .get(
      '/:id/moves',
      async ({ params, query }) => {
        const tenant = await findTenant(params.id)
        const moves = await listMoves(parts.core.db, { tenantId: tenant.id, limit: movesMax })
        return describeSmallList({ items: moves.map(describeMove), query, id: 'id', search: ['step'] })
      },
      {
        query: smallListQuery(['started_at']),
        response: { 200: pageOf(moveView) },
        detail: { summary: `The last ${movesMax} moves of a tenant, newest first` },
      },
    )
    .post(
      '/:id/move',
      async ({ body, params, principal, request, set }) => {
        const tenant = await findTenant(params.id)
        const move = await parts.mover.start(tenant, readTarget(body), auditActorOf(request, principal))
        set.status = 202
        return describeMove(move)
      },
      {
        ...jsonBody(t.Object({ isolation, database_server_id: t.Optional(nullable(uuid)) })),
        response: { 202: moveView },
        detail: { summary: 'Move a tenant to another store' },
      },
    )
    .delete(
      '/:id/move',
      async ({ params, principal, request, set }) => {
        const tenant = await findTenant(params.id)
        const move = await parts.mover.abort(tenant.id, auditActorOf(request, principal))
        if (!move) throw moveNotFound({ detail: 'No move of this tenant is running.' })
        set.status = 204
      },
      { response: { 204: t.Void() }, detail: { summary: 'End a running move: the tenant stays where it is' } },
    )
}

function readTarget(body: { isolation: 'pooled' | 'dedicated'; database_server_id?: string | null }): MoveTarget {
  const serverId = body.database_server_id ? parseDatabaseServerId(body.database_server_id) : undefined
  if (body.isolation === 'dedicated') return { isolation: 'dedicated', serverId }
  if (serverId) {
    const message = 'is for dedicated tenants only'
    throw requestInvalid({
      detail: `database_server_id: ${message}`,
      errors: [{ path: 'database_server_id', message }],
    })
  }
  return { isolation: 'pooled' }
}

function describeMove(move: TenantMove): typeof moveView.static {
  return {
    id: move.id,
    tenant_id: move.tenantId,
    source: {
      isolation: move.sourceIsolation,
      database_server_id: move.sourceServerId,
      database_name: move.sourceDatabase,
    },
    target: {
      isolation: move.targetIsolation,
      database_server_id: move.targetServerId,
      database_name: move.targetDatabase,
    },
    step: move.step,
    rows_total: move.rowsTotal,
    rows_copied: move.rowsCopied,
    paused_ms: move.pausedMs,
    failure: move.failure,
    started_at: move.startedAt.toISOString(),
    ended_at: move.endedAt?.toISOString() ?? null,
    source_kept_until: move.sourceKeptUntil?.toISOString() ?? null,
  }
}
