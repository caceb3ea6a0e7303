import { t } from 'elysia'
import { listAudit, readNames } from '../../data/audit.data.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import { onlySort, pageOf, pageQuery, readPageQuery, writeCursor } from '../../http/page-query.ts'
import { type Gates, superuserRoutes } from '../../http/routes.ts'
import { nullable, time, uuid } from '../../http/schemas.ts'
import { readTime } from '../../http/time-query.ts'
import { parseUserId } from '../../platform/ids.ts'

const outcomes = t.Union([t.Literal('done'), t.Literal('denied'), t.Literal('failed')])

const auditView = t.Object({
  id: t.String(),
  at: time,
  actor: nullable(t.Object({ id: t.String(), email: nullable(t.String()) })),
  tenant_id: nullable(t.String()),
  action: t.String(),
  target_type: t.String(),
  target_id: nullable(t.String()),
  outcome: outcomes,
  before: nullable(t.Record(t.String(), t.Unknown())),
  after: nullable(t.Record(t.String(), t.Unknown())),
  request_id: nullable(t.String()),
  address: nullable(t.String()),
  names: t.Record(t.String(), t.String(), {
    description:
      'By id: addresses of platform users and names of database servers that the entry speaks of, where known',
  }),
})

/** The audit log, newest first. */
export function auditRoutes(parts: { core: CoreDatabase; gates: Gates }) {
  return superuserRoutes(parts.gates, '/admin/audit', 'Audit').get(
    '/',
    async ({ query }) => {
      const page = readPageQuery({ q: query.q, limit: query.limit, cursor: query.cursor }, '-at')
      const rows = await listAudit(parts.core.db, {
        q: page.q,
        cursor: page.cursor,
        limit: page.limit + 1,
        action: query.action,
        actorId: query.actor_id === undefined ? undefined : parseUserId(query.actor_id),
        tenantId: query.tenant_id,
        outcome: query.outcome,
        from: query.from === undefined ? undefined : readTime('from', query.from),
        to: query.to === undefined ? undefined : readTime('to', query.to),
      })
      const items = rows.slice(0, page.limit)
      const last = items.at(-1)
      const namesOf = await readNames(parts.core.db, items)
      return {
        items: items.map((row) => ({
          id: row.id,
          at: row.at.toISOString(),
          actor: row.actorId && { id: row.actorId, email: row.actorEmail },
          tenant_id: row.tenantId,
          action: row.action,
          target_type: row.targetType,
          target_id: row.targetId,
          outcome: row.outcome,
          before: row.before,
          after: row.after,
          request_id: row.requestId,
          address: row.address,
          names: namesOf(row),
        })),
        next_cursor:
          rows.length > page.limit && last ? writeCursor({ value: last.cursorValue, id: last.id }, page.order) : null,
      }
    },
    {
      query: t.Object({
        q: pageQuery(['at']).q,
        sort: onlySort('-at'),
        limit: pageQuery(['at']).limit,
        cursor: pageQuery(['at']).cursor,
        action: t.Optional(t.String({ maxLength: 100 })),
        actor_id: t.Optional(uuid),
        tenant_id: t.Optional(t.String({ maxLength: 63 })),
        outcome: t.Optional(outcomes),
        from: t.Optional(t.String({ maxLength: 40, description: 'A date or a time in RFC 3339' })),
        to: t.Optional(t.String({ maxLength: 40, description: 'Not included' })),
      }),
      response: { 200: pageOf(auditView) },
      detail: { summary: 'Who did what' },
    },
  )
}
