import { t } from 'elysia'
import { listSessionFigures } from '../../data/conversations.data.ts'
import type { TenantDatabases } from '../../data/tenant-databases.ts'
import type { Principal } from '../../http/identity.ts'
import { describePage, pageOf, pageQuery, readPageQuery } from '../../http/page-query.ts'
import { factsOf } from '../../http/request-facts.ts'
import { type Gates, managerRoutes, tenantRoutes } from '../../http/routes.ts'
import { jsonBody } from '../../http/strict-body.ts'
import { ensureTenantServes, type TenantEntry } from '../../http/tenant-gate.ts'
import {
  createLeash,
  eventStreamAnswer,
  recheck,
  recheckManager,
  respond,
  type RespondParts,
} from './answering-request.ts'
import { chatAnswerView, chatBody, chatStreamBody, previewBody, sessionFiguresView } from './chat.schemas.ts'
import { type Asker, type ChatParts, collectAnswer, startChat, startPreview } from './chat.usecases.ts'

const tag = 'Chat'

/** Chat for tenants' users. */
export function chatRoutes(parts: ChatParts & RespondParts & { gates: Gates; databases: TenantDatabases }) {
  const { gates } = parts

  const askAs = (
    request: Request,
    principal: Principal,
    entry: TenantEntry,
    signal: AbortSignal = request.signal,
  ): Asker => ({
    principal,
    entry,
    requestId: factsOf(request).requestId,
    signal,
    recheck: () => recheck(gates, request, principal),
  })

  return tenantRoutes(gates, '/chat', { tag, keyScope: 'chat' })
    .post(
      '/stream',
      async ({ body, request, principal, entry, server }) => {
        const leash = createLeash(request.signal)
        const stream = await startChat(parts, askAs(request, principal, entry, leash.signal), {
          message: body.message,
          sessionId: body.session_id,
          retrievalOff: body.retrieval === 'off',
        })
        return respond(parts, {
          stream,
          owner: { tenantId: entry.tenant.id, userId: entry.userId, purpose: 'chat' },
          isResumable: body.resumable ?? false,
          leash,
          request,
          server,
        })
      },
      {
        ...jsonBody(chatStreamBody),
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
export function chatRoutesForManagers(parts: ChatParts & RespondParts & { gates: Gates; databases: TenantDatabases }) {
  return managerRoutes(parts.gates, tag)
    .post(
      '/preview',
      async ({ body, request, principal, tenant, server }) => {
        ensureTenantServes(tenant)
        const leash = createLeash(request.signal)
        const asker: Asker = {
          principal,
          entry: { tenant, scope: parts.databases.scopeOf(tenant), userId: principal.userId },
          requestId: factsOf(request).requestId,
          signal: leash.signal,
          recheck: () => recheckManager(parts.gates, principal, tenant.id),
        }
        const stream = await startPreview(parts, asker, {
          message: body.message,
          systemPrompt: body.system_prompt,
          history: body.history ?? [],
          retrievalOff: body.retrieval === 'off',
        })
        return respond(parts, {
          stream,
          owner: { tenantId: tenant.id, userId: principal.userId, purpose: 'test' },
          isResumable: body.resumable ?? false,
          leash,
          request,
          server,
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
