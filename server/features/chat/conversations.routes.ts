import { t } from 'elysia'
import {
  type ChatMessageRow,
  type ChatSessionRow,
  deleteChatSession,
  findChatSession,
  listChatMessages,
  listChatSessions,
  renameChatSession,
} from '../../data/conversations.data.ts'
import {
  describePage,
  onlySort,
  pageOf,
  pageQuery,
  readCursor,
  readLimit,
  readPageQuery,
} from '../../http/page-query.ts'
import { type Gates, tenantRoutes } from '../../http/routes.ts'
import { jsonBody } from '../../http/strict-body.ts'
import type { TenantEntry } from '../../http/tenant-gate.ts'
import { isUuid } from '../../platform/ids.ts'
import { sessionNotFound } from './chat.errors.ts'
import { messageView, sessionView } from './chat.schemas.ts'

/** The caller's own conversations. */
export function conversationRoutes(parts: { gates: Gates }) {
  return tenantRoutes(parts.gates, '/chat', { tag: 'Chat', keyScope: 'conversations' })
    .get(
      '/sessions',
      async ({ query, entry }) => {
        const page = readPageQuery(query, '-updated_at')
        const found = await entry.scope.read((database) => listChatSessions(database, conversantOf(entry), page))
        return describePage(found, page.order, describeSession)
      },
      {
        query: t.Object(pageQuery(['updated_at', 'created_at'])),
        response: { 200: pageOf(sessionView) },
        detail: { summary: 'Your conversations' },
      },
    )
    .get(
      '/sessions/:session',
      async ({ params, entry }) => {
        const found = await entry.scope.read((database) =>
          findChatSession(database, conversantOf(entry), readSessionId(params.session)),
        )
        if (!found) throw notFound()
        return describeSession(found)
      },
      { response: { 200: sessionView }, detail: { summary: 'One of your conversations' } },
    )
    .patch(
      '/sessions/:session',
      async ({ params, body, entry }) => {
        const sessionId = readSessionId(params.session)
        const changed = await entry.scope.write((database) =>
          renameChatSession(database, conversantOf(entry), { sessionId, title: body.title }),
        )
        if (!changed) throw notFound()
        return describeSession(changed)
      },
      {
        ...jsonBody(
          t.Object({ title: t.String({ minLength: 1, maxLength: 200, error: 'must have 1 to 200 characters' }) }),
        ),
        response: { 200: sessionView },
        detail: { summary: 'Rename one of your conversations' },
      },
    )
    .delete(
      '/sessions/:session',
      async ({ params, entry, set }) => {
        const deleted = await entry.scope.write((database) =>
          deleteChatSession(database, conversantOf(entry), readSessionId(params.session)),
        )
        if (!deleted) throw notFound()
        set.status = 204
      },
      { response: { 204: t.Void() }, detail: { summary: 'Delete one of your conversations' } },
    )
    .get(
      '/sessions/:session/messages',
      async ({ params, query, entry }) => {
        const sessionId = readSessionId(params.session)
        const limit = readLimit(query.limit, 100)
        const cursor = query.cursor === undefined ? undefined : readCursor(query.cursor, 'created_at')
        const page = await entry.scope.read(async (database) => {
          const own = await findChatSession(database, conversantOf(entry), sessionId)
          return own && listChatMessages(database, entry.tenant.id, { sessionId, limit, cursor })
        })
        if (!page) throw notFound()
        return describePage(page, 'created_at', describeMessage)
      },
      {
        query: t.Object({
          sort: onlySort('created_at'),
          limit: pageQuery(['created_at']).limit,
          cursor: pageQuery(['created_at']).cursor,
        }),
        response: { 200: pageOf(messageView) },
        detail: { summary: 'The messages of one of your conversations, oldest first' },
      },
    )
}

function conversantOf(entry: TenantEntry) {
  return { tenantId: entry.tenant.id, userId: entry.userId }
}

function readSessionId(text: string): string {
  if (!isUuid(text)) throw notFound()
  return text
}

function describeSession(session: ChatSessionRow) {
  return {
    id: session.id,
    title: session.title,
    created_at: session.createdAt.toISOString(),
    updated_at: session.updatedAt.toISOString(),
  }
}

function describeMessage(message: ChatMessageRow) {
  return {
    id: message.id,
    role: message.role,
    content: message.content,
    status: message.status,
    sources: message.sources ?? [],
    cited: message.cited ?? [],
    usage: message.usage,
    created_at: message.createdAt.toISOString(),
  }
}

function notFound(): Error {
  return sessionNotFound({ detail: 'You have no conversation with this id.' })
}
