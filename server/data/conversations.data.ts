import { and, asc, eq, ilike, sql } from 'drizzle-orm'
import type { TenantId, UserId } from '../platform/ids.ts'
import { type Page, type PageQuery, containsPattern, cutPage, keysetParts } from './page.ts'
import type { Database } from './postgres.ts'
import { chatMessages, chatSessions } from './tenant.schema.ts'

/** A conversation. */
export type ChatSessionRow = typeof chatSessions.$inferSelect
/** A message of a conversation. */
export type ChatMessageRow = typeof chatMessages.$inferSelect

/** Whose conversations: every query below names the tenant and the user, beside the row-level policies. */
export interface Conversant {
  tenantId: TenantId
  userId: UserId
}

const ownSession = (conversant: Conversant, sessionId: string) =>
  and(
    eq(chatSessions.tenantId, conversant.tenantId),
    eq(chatSessions.id, sessionId),
    eq(chatSessions.userId, conversant.userId),
  )

/** The user's own conversations, last used first unless sorted otherwise. */
export async function listChatSessions(
  database: Database,
  conversant: Conversant,
  query: PageQuery,
): Promise<Page<ChatSessionRow>> {
  const keyset = keysetParts(query, {
    value: query.sort === 'created_at' ? chatSessions.createdAt : chatSessions.updatedAt,
    valueType: 'timestamptz',
    id: chatSessions.id,
    idType: 'uuid',
  })
  const rows = await database
    .select({ session: chatSessions, cursorValue: keyset.cursorValue })
    .from(chatSessions)
    .where(
      and(
        eq(chatSessions.tenantId, conversant.tenantId),
        eq(chatSessions.userId, conversant.userId),
        query.q ? ilike(chatSessions.title, containsPattern(query.q)) : undefined,
        keyset.where,
      ),
    )
    .orderBy(...keyset.orderBy)
    .limit(query.limit + 1)
  return cutPage(
    rows.map((row) => ({ ...row.session, cursorValue: row.cursorValue })),
    query.limit,
  )
}

/** One of the user's own conversations. */
export async function findChatSession(
  database: Database,
  conversant: Conversant,
  sessionId: string,
): Promise<ChatSessionRow | undefined> {
  const [row] = await database.select().from(chatSessions).where(ownSession(conversant, sessionId))
  return row
}

/** Renames one of the user's own conversations. */
export async function renameChatSession(
  database: Database,
  conversant: Conversant,
  change: { sessionId: string; title: string },
): Promise<ChatSessionRow | undefined> {
  const [row] = await database
    .update(chatSessions)
    .set({ title: change.title, updatedAt: sql`clock_timestamp()` })
    .where(ownSession(conversant, change.sessionId))
    .returning()
  return row
}

/** Deletes one of the user's own conversations with its messages; false when there is none. */
export async function deleteChatSession(
  database: Database,
  conversant: Conversant,
  sessionId: string,
): Promise<boolean> {
  const rows = await database
    .delete(chatSessions)
    .where(ownSession(conversant, sessionId))
    .returning({ id: chatSessions.id })
  return rows.length > 0
}

/** The messages of a conversation, oldest first; `cursor` is the last message of the page before. */
export async function listChatMessages(
  database: Database,
  tenantId: TenantId,
  query: { sessionId: string; limit: number; cursor?: { value: string; id: string } },
): Promise<Page<ChatMessageRow>> {
  const rows = await database
    .select({ message: chatMessages, cursorValue: sql<string>`${chatMessages.createdAt}::text` })
    .from(chatMessages)
    .where(
      and(
        eq(chatMessages.tenantId, tenantId),
        eq(chatMessages.sessionId, query.sessionId),
        query.cursor
          ? sql`(${chatMessages.createdAt}, ${chatMessages.id}) > (${query.cursor.value}::timestamptz, ${query.cursor.id}::uuid)`
          : undefined,
      ),
    )
    .orderBy(asc(chatMessages.createdAt), asc(chatMessages.id))
    .limit(query.limit + 1)
  return cutPage(
    rows.map((row) => ({ ...row.message, cursorValue: row.cursorValue })),
    query.limit,
  )
}

/** Takes back a question that got no answer, with its conversation if it was made for it. */
export async function undoTurn(
  database: Database,
  tenantId: TenantId,
  turn: { sessionId: string; messageId: string; withSession: boolean },
): Promise<void> {
  await database
    .delete(chatMessages)
    .where(and(eq(chatMessages.tenantId, tenantId), eq(chatMessages.id, turn.messageId)))
  if (!turn.withSession) return
  await database
    .delete(chatSessions)
    .where(and(eq(chatSessions.tenantId, tenantId), eq(chatSessions.id, turn.sessionId)))
}

/** Counts and times of a tenant's conversations, never their text: what end users write is not the platform's to read. */
export interface SessionFigures {
  id: string
  userId: UserId
  messages: number
  totalTokens: number
  /** Micro-USD; null when no answer had a price. */
  costMicroUsd: number | null
  /** How its last answer ended; null before the first. */
  lastStatus: 'completed' | 'aborted' | 'failed' | null
  createdAt: Date
  updatedAt: Date
  cursorValue: string
}

/** Lists figures of a tenant's conversations, last used first. */
export async function listSessionFigures(
  database: Database,
  tenantId: TenantId,
  query: PageQuery,
): Promise<Page<SessionFigures>> {
  const keyset = keysetParts(query, {
    value: chatSessions.updatedAt,
    valueType: 'timestamptz',
    id: chatSessions.id,
    idType: 'uuid',
  })
  const rows = await database
    .select({
      id: chatSessions.id,
      userId: chatSessions.userId,
      figures: sql<StoredSessionFigures>`(
        select jsonb_build_object(
          'messages', count(*),
          'tokens', coalesce(sum((m.usage->>'total_tokens')::bigint), 0),
          'cost', sum((m.usage->>'cost_micro_usd')::bigint),
          'status', (array_agg(m.status order by m.created_at desc, m.id desc) filter (where m.role = 'assistant'))[1])
        from tenant.chat_messages m
        where m.tenant_id = tenant.chat_sessions.tenant_id and m.session_id = tenant.chat_sessions.id)`,
      createdAt: chatSessions.createdAt,
      updatedAt: chatSessions.updatedAt,
      cursorValue: keyset.cursorValue,
    })
    .from(chatSessions)
    .where(and(eq(chatSessions.tenantId, tenantId), keyset.where))
    .orderBy(...keyset.orderBy)
    .limit(query.limit + 1)
  return cutPage(
    rows.map(({ figures, ...row }) => ({
      ...row,
      messages: figures.messages,
      totalTokens: figures.tokens,
      costMicroUsd: figures.cost,
      lastStatus: figures.status,
    })),
    query.limit,
  )
}

interface StoredSessionFigures {
  messages: number
  tokens: number
  cost: number | null
  status: SessionFigures['lastStatus']
}

/** How many rows a tenant has in each table of its store. */
export async function countTenantRows(database: Database, tenantId: TenantId): Promise<Record<string, number>> {
  const counts = await database.execute<{ name: string; rows: number }>(sql`
    select 'chat_messages' as name, count(*)::int as rows from tenant.chat_messages where tenant_id = ${tenantId}
    union all select 'chat_sessions', count(*)::int from tenant.chat_sessions where tenant_id = ${tenantId}
    union all select 'documents', count(*)::int from tenant.documents where tenant_id = ${tenantId}
    union all select 'document_files', count(*)::int from tenant.document_files where tenant_id = ${tenantId}
    union all select 'chunks', count(*)::int from tenant.chunks where tenant_id = ${tenantId}
    union all select 'tenant_users', count(*)::int from tenant.tenant_users where tenant_id = ${tenantId}`)
  return Object.fromEntries(counts.map((row) => [row.name, row.rows]))
}

/** Deletes everything a tenant has in its store; returns what was there. Part of a purge. */
export async function deleteTenantRows(database: Database, tenantId: TenantId): Promise<Record<string, number>> {
  const counts = await countTenantRows(database, tenantId)
  // Messages, sessions, files and chunks go with their parents (on delete cascade).
  await database.execute(sql`delete from tenant.tenant_users where tenant_id = ${tenantId}`)
  await database.execute(sql`delete from tenant.documents where tenant_id = ${tenantId}`)
  return counts
}
