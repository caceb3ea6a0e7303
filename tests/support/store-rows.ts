import { randomUUID } from 'node:crypto'
import type postgres from 'postgres'

/** The rows of one tenant's store, every text of which carries the tenant's canary. */
export interface StoreRows {
  tenantId: string
  canary: string
  userId: string
  sessionId: string
  documentIds: string[]
}

/** Rows to be, with ids of their own. */
export function planRows(tenantId: string, documents = 5): StoreRows {
  return {
    tenantId,
    canary: `canary-${tenantId}`,
    userId: randomUUID(),
    sessionId: randomUUID(),
    documentIds: Array.from({ length: documents }, () => randomUUID()),
  }
}

/** Fills a tenant's store by hand: a user, a conversation of two messages, and documents of one chunk each. */
export async function fillStore(sql: postgres.Sql, tenantId: string, documents = 5): Promise<StoreRows> {
  return insertRows(sql, planRows(tenantId, documents))
}

/** Puts planned rows into a store, be it their tenant's or not. */
export async function insertRows(sql: postgres.Sql, rows: StoreRows): Promise<StoreRows> {
  const { tenantId } = rows
  const { canary, userId, sessionId } = rows
  await sql`insert into tenant.tenant_users (tenant_id, id, email, full_name)
    values (${tenantId}, ${userId}, ${`${canary}@people.example`}, ${canary})`
  await sql`insert into tenant.chat_sessions (tenant_id, id, user_id, title)
    values (${tenantId}, ${sessionId}, ${userId}, ${canary})`
  for (const role of ['user', 'assistant']) {
    await sql`insert into tenant.chat_messages (tenant_id, id, session_id, role, content)
      values (${tenantId}, ${randomUUID()}, ${sessionId}, ${role}, ${`${canary} asks about whales`})`
  }
  for (const [position, id] of rows.documentIds.entries()) {
    await sql`insert into tenant.documents (tenant_id, id, title) values (${tenantId}, ${id}, ${`${canary} ${position}`})`
    await sql`insert into tenant.chunks (tenant_id, id, document_id, position, text, start_offset, end_offset)
      values (${tenantId}, ${randomUUID()}, ${id}, 0, ${`${canary} knows whales, prices and the number ${position}`}, 0, 40)`
  }
  return rows
}
