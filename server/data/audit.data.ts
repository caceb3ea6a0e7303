import { type SQL, and, desc, eq, gte, ilike, inArray, lt, or, sql } from 'drizzle-orm'
import { newId, type UserId } from '../platform/ids.ts'
import { databaseServers } from './core-servers.schema.ts'
import { auditLog, users } from './core.schema.ts'
import { containsPattern, type PageCursor } from './page.ts'
import type { Database } from './postgres.ts'

/** Who acts, and from where: the part of an audit row that the request gives. */
export interface AuditActor {
  actorId: UserId | null
  /** Only a platform user's address; never an end user's. */
  actorEmail: string | null
  requestId: string
  address: string | null
}

/** What was done. `before` and `after` hold only what changed, without secrets. */
export interface AuditEntry {
  action: string
  targetType: string
  targetId: string | null
  tenantId?: string | null
  outcome?: 'done' | 'denied' | 'failed'
  before?: Record<string, unknown>
  after?: Record<string, unknown>
}

/** Adds one row in the transaction of `database`, so that a change and its record stand or fall together (B13). */
export async function insertAudit(database: Database, actor: AuditActor, entry: AuditEntry): Promise<void> {
  await database.insert(auditLog).values({
    id: newId(),
    actorId: actor.actorId,
    actorEmail: actor.actorEmail,
    requestId: actor.requestId,
    address: actor.address,
    tenantId: entry.tenantId ?? null,
    action: entry.action,
    targetType: entry.targetType,
    targetId: entry.targetId,
    outcome: entry.outcome ?? 'done',
    before: entry.before,
    after: entry.after,
  })
}

/** A row of the audit log. */
export type AuditRow = typeof auditLog.$inferSelect

/**
 * What the ids that rows speak of stand for, as far as it is known: platform users' addresses, names of database servers.
 * Never an end user's address: that is in no core table.
 */
export async function readNames(
  database: Database,
  rows: readonly Pick<AuditRow, 'targetId' | 'before' | 'after'>[],
): Promise<(row: Pick<AuditRow, 'targetId' | 'before' | 'after'>) => Record<string, string>> {
  const ids = [...new Set(rows.flatMap(findIds))]
  if (ids.length === 0) return () => ({})
  const [people, servers] = await Promise.all([
    database
      .select({ id: sql<string>`${users.id}`, name: users.email })
      .from(users)
      .where(sql`${users.id} in ${ids}`),
    database
      .select({ id: sql<string>`${databaseServers.id}`, name: databaseServers.name })
      .from(databaseServers)
      .where(sql`${databaseServers.id} in ${ids}`),
  ])
  const names = new Map([...people, ...servers].map(({ id, name }) => [id, name]))
  return (row) =>
    Object.fromEntries(
      findIds(row).flatMap((id) => {
        const name = names.get(id)
        return name === undefined ? [] : [[id, name]]
      }),
    )
}

const uuidText = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

function findIds(row: Pick<AuditRow, 'targetId' | 'before' | 'after'>): string[] {
  const told = [row.targetId, ...Object.values(row.before ?? {}), ...Object.values(row.after ?? {})]
  return told.filter((value): value is string => typeof value === 'string' && uuidText.test(value))
}

/** What to list: newest first, `before` a row of the page before. */
export interface AuditQuery {
  q?: string
  action?: string
  /** Any of these. */
  actions?: readonly string[]
  actorId?: UserId
  tenantId?: string
  outcome?: 'done' | 'denied' | 'failed'
  from?: Date
  to?: Date
  cursor?: PageCursor
  limit: number
}

/** Lists audit rows, newest first, ties by id. `cursorValue` keeps PostgreSQL's microseconds for the cursor. */
export function listAudit(database: Database, query: AuditQuery): Promise<(AuditRow & { cursorValue: string })[]> {
  const pattern = query.q ? containsPattern(query.q) : undefined
  const conditions: (SQL | undefined)[] = [
    query.action ? eq(auditLog.action, query.action) : undefined,
    query.actions ? inArray(auditLog.action, [...query.actions]) : undefined,
    query.actorId ? eq(auditLog.actorId, query.actorId) : undefined,
    query.tenantId ? eq(auditLog.tenantId, query.tenantId) : undefined,
    query.outcome ? eq(auditLog.outcome, query.outcome) : undefined,
    query.from ? gte(auditLog.at, query.from) : undefined,
    query.to ? lt(auditLog.at, query.to) : undefined,
    pattern
      ? or(
          ilike(auditLog.action, pattern),
          ilike(auditLog.actorEmail, pattern),
          ilike(auditLog.targetId, pattern),
          ilike(auditLog.tenantId, pattern),
        )
      : undefined,
    query.cursor
      ? sql`(${auditLog.at}, ${auditLog.id}) < (${query.cursor.value}::timestamptz, ${query.cursor.id}::uuid)`
      : undefined,
  ]
  return database
    .select({
      id: auditLog.id,
      at: auditLog.at,
      actorId: auditLog.actorId,
      actorEmail: auditLog.actorEmail,
      tenantId: auditLog.tenantId,
      action: auditLog.action,
      targetType: auditLog.targetType,
      targetId: auditLog.targetId,
      outcome: auditLog.outcome,
      before: auditLog.before,
      after: auditLog.after,
      requestId: auditLog.requestId,
      address: auditLog.address,
      cursorValue: sql<string>`${auditLog.at}::text`,
    })
    .from(auditLog)
    .where(and(...conditions))
    .orderBy(desc(auditLog.at), desc(auditLog.id))
    .limit(query.limit)
}
