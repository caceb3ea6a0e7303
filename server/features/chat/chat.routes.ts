import { t } from 'elysia'
import {
  type ChatMessageRow,
  type ChatSessionRow,
  deleteChatSession,
  findChatSession,
  listChatMessages,
  listChatSessions,
  listSessionFigures,
  renameChatSession,
} from '../../data/conversations.data.ts'
import type { TenantDatabases } from '../../data/tenant-databases.ts'
import type { Principal } from '../../http/identity.ts'
import { describePage, pageOf, pageQuery, readCursor, readLimit, readPageQuery } from '../../http/page-query.ts'
import { factsOf, noteStream } from '../../http/request-facts.ts'
import { type Gates, managerRoutes, tenantRoutes } from '../../http/routes.ts'
import { jsonBody } from '../../http/strict-body.ts'
import { ensureTenantServes, type TenantEntry, tenantNotFound } from '../../http/tenant-gate.ts'
import { isUuid, type TenantId } from '../../platform/ids.ts'
import type { Log } from '../../platform/log.ts'
import { answerResponse } from './answer-response.ts'
import { sessionNotFound } from './chat.errors.ts'
import { chatAnswerView, chatBody, messageView, previewBody, sessionFiguresView, sessionView } from './chat.schemas.ts'
import { type Asker, type ChatParts, collectAnswer, startChat, startPreview } from './chat.usecases.ts'

const tag = 'Chat'

/** Chat for tenants' users. */
export function chatRoutes(parts: ChatParts & { gates: Gates; databases: TenantDatabases; log: Log }) {
  const { gates } = parts

  const askAs = (request: Request, principal: Principal, entry: TenantEntry): Asker => ({
    principal,
    entry,
    requestId: factsOf(request).requestId,
    signal: request.signal,
    recheck: () => recheck(gates, request, principal),
  })

  return tenantRoutes(gates, '/chat', tag)
    .post(
      '/stream',
      async ({ body, request, principal, entry, server }) => {
        const stream = await startChat(parts, askAs(request, principal, entry), {
          message: body.message,
          sessionId: body.session_id,
          retrievalOff: body.retrieval === 'off',
        })
        // A quiet stream is kept open by pings; the model has its own deadlines.
        server?.timeout(request, 0)
        return answerResponse(stream, {
          requestId: factsOf(request).requestId,
          log: parts.log,
          disconnect: () => server?.timeout(request, 1),
          onEnd: noteStream(request, stream.streamId),
        })
      },
      {
        ...jsonBody(chatBody),
        detail: { summary: 'Ask, and get the answer as Server-Sent Events', ...eventStreamAnswer },
      },
    )
    .post(
      '/',
      async ({ body, request, principal, entry, server }) => {
        server?.timeout(request, 0)
        const stream = await startChat(parts, askAs(request, principal, entry), {
          message: body.message,
          sessionId: body.session_id,
          retrievalOff: body.retrieval === 'off',
        })
        const { text, start, sources, usage, done } = await collectAnswer(stream)
        return {
          session_id: start?.session_id ?? '',
          message_id: start?.message_id ?? '',
          text,
          finish_reason: done?.finish_reason ?? '',
          sources: sources?.sources ?? [],
          cited: done?.cited ?? [],
          usage: usage ?? null,
        }
      },
      {
        ...jsonBody(chatBody),
        response: { 200: chatAnswerView },
        detail: { summary: 'Ask, and get the whole answer' },
      },
    )
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
        query: t.Object({ limit: pageQuery(['created_at']).limit, cursor: pageQuery(['created_at']).cursor }),
        response: { 200: pageOf(messageView) },
        detail: { summary: 'The messages of one of your conversations, oldest first' },
      },
    )
}

/** Trying prompts, and figures of conversations, for a tenant's managers. */
export function chatRoutesForManagers(parts: ChatParts & { gates: Gates; databases: TenantDatabases; log: Log }) {
  return managerRoutes(parts.gates, tag)
    .post(
      '/preview',
      async ({ body, request, principal, tenant, server }) => {
        ensureTenantServes(tenant)
        const requestId = factsOf(request).requestId
        const asker: Asker = {
          principal,
          entry: { tenant, scope: parts.databases.scopeOf(tenant), userId: principal.userId },
          requestId,
          signal: request.signal,
          recheck: () => recheckManager(parts.gates, principal, tenant.id),
        }
        const stream = await startPreview(parts, asker, {
          message: body.message,
          systemPrompt: body.system_prompt,
          history: body.history ?? [],
          retrievalOff: body.retrieval === 'off',
        })
        server?.timeout(request, 0)
        return answerResponse(stream, {
          requestId,
          log: parts.log,
          disconnect: () => server?.timeout(request, 1),
          onEnd: noteStream(request, stream.streamId),
        })
      },
      {
        ...jsonBody(previewBody),
        detail: { summary: 'Try a prompt; nothing is kept but the usage', ...eventStreamAnswer },
      },
    )
    .get(
      '/sessions',
      async ({ query, tenant }) => {
        const page = readPageQuery(query, '-updated_at')
        const found = await parts.databases
          .scopeOf(tenant)
          .read((database) => listSessionFigures(database, tenant.id, page))
        return describePage(found, page.order, (row) => ({
          id: row.id,
          user_id: row.userId,
          messages: row.messages,
          total_tokens: row.totalTokens,
          cost_micro_usd: row.costMicroUsd,
          last_status: row.lastStatus,
          created_at: row.createdAt.toISOString(),
          updated_at: row.updatedAt.toISOString(),
        }))
      },
      {
        query: t.Object(pageQuery(['updated_at'])),
        response: { 200: pageOf(sessionFiguresView) },
        detail: { summary: 'Counts and times of conversations, never text' },
      },
    )
}

const eventStreamAnswer = {
  responses: {
    200: {
      description: 'Events start, sources, delta, usage, done or error',
      content: { 'text/event-stream': { schema: { type: 'string' as const } } },
    },
  },
}

/** May the asker still be where it is? The token may have expired meanwhile; its session may not have ended. */
async function recheck(gates: Gates, request: Request, principal: Principal): Promise<void> {
  await gates.tenantGate.enter(request, await gates.identity.revalidate(principal))
}

/** Is the asker still a manager of a tenant that serves? */
async function recheckManager(gates: Gates, principal: Principal, tenantId: TenantId): Promise<void> {
  const now = await gates.identity.revalidate(principal)
  const tenant = await gates.directories.tenant(tenantId)
  const manages = tenant && now.scope === 'core' && (now.isSuperuser || tenant.ownerId === now.userId)
  if (!manages) throw tenantNotFound({ detail: 'There is no tenant with this id.' })
  ensureTenantServes(tenant)
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
