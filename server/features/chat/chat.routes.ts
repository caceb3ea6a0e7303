import { t } from 'elysia'
import { listSessionFigures } from '../../data/conversations.data.ts'
import type { TenantDatabases } from '../../data/tenant-databases.ts'
import type { Principal } from '../../http/identity.ts'
import { describePage, pageOf, pageQuery, readPageQuery } from '../../http/page-query.ts'
import { factsOf, noteStream } from '../../http/request-facts.ts'
import { type Gates, managerRoutes, tenantRoutes } from '../../http/routes.ts'
import { jsonBody } from '../../http/strict-body.ts'
import { ensureTenantServes, type TenantEntry, tenantNotFound } from '../../http/tenant-gate.ts'
import type { TenantId } from '../../platform/ids.ts'
import type { Log } from '../../platform/log.ts'
import { answerResponse } from './answer-response.ts'
import { chatAnswerView, chatBody, previewBody, sessionFiguresView } from './chat.schemas.ts'
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

  return tenantRoutes(gates, '/chat', { tag, keyScope: 'chat' })
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
      async ({ body, request, principal, entry, server, set }) => {
        server?.timeout(request, 0)
        const stream = await startChat(parts, askAs(request, principal, entry), {
          message: body.message,
          sessionId: body.session_id,
          retrievalOff: body.retrieval === 'off',
        })
        Object.assign(set.headers, stream.headers)
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
