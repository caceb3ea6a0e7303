import { t } from 'elysia'
import { effectiveSettings, type PlatformModels } from '../../answering/model-choice.ts'
import type { PlatformIndex } from '../../answering/index-location.ts'
import type { TenantRecord } from '../../data/tenants.data.ts'
import { factsOf, noteStream } from '../../http/request-facts.ts'
import { type Gates, tenantRoutes } from '../../http/routes.ts'
import { openJsonBody } from '../../http/strict-body.ts'
import type { Clock } from '../../platform/clock.ts'
import { defineError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { answerResponse } from './answer-response.ts'
import { recheck } from './answering-request.ts'
import { type ChatParts, collectAnswer, startCompletion } from './chat.usecases.ts'
import { describeFinish, describeUsage, pingComment, readChunks } from './completion-chunks.ts'
import { completionBody, completionView, modelListView, modelView } from './completions.schemas.ts'
import { readCompletion } from './read-completion.ts'

/** The tenant's bot answers by no model of this name. */
export const modelNotFound = defineError({ code: 'model.not_found', status: 404, title: 'There is no such model' })

type Model = typeof modelView.static

/**
 * The tenant's bot for OpenAI's clients: their shapes, their errors. The tenant's prompt, knowledge, model and limits
 * are in force; nothing is kept but the usage.
 */
export function completionRoutes(
  parts: ChatParts & {
    gates: Gates
    platformModels: PlatformModels
    platformIndex: PlatformIndex
    clock: Clock
    log: Log
  },
) {
  const listModels = (tenant: TenantRecord): Model[] => {
    const { model } = effectiveSettings(tenant, { models: parts.platformModels, index: parts.platformIndex })
    if (model === null) return []
    return [{ id: model, object: 'model', created: seconds(tenant.createdAt), owned_by: tenant.id }]
  }

  return tenantRoutes(parts.gates, '/v1', { tag: "For OpenAI's clients", keyScope: 'chat' })
    .get('/models', ({ entry }) => ({ object: 'list' as const, data: listModels(entry.tenant) }), {
      response: { 200: modelListView },
      detail: { summary: 'The model that answers' },
    })
    .get(
      '/models/:model',
      ({ params, entry }) => {
        const found = listModels(entry.tenant).find(({ id }) => id === params.model)
        if (!found) throw modelNotFound({ detail: 'The tenant has no model of this name.' })
        return found
      },
      { response: { 200: modelView }, detail: { summary: 'The model that answers, by its name' } },
    )
    .post(
      '/chat/completions',
      async ({ body, request, principal, entry, server }) => {
        // A quiet answer is kept open by pings; the model has its own deadlines.
        server?.timeout(request, 0)
        const stream = await startCompletion(
          parts,
          {
            principal,
            entry,
            requestId: factsOf(request).requestId,
            signal: request.signal,
            recheck: () => recheck(parts.gates, request, principal),
          },
          readCompletion(body),
        )
        const head = { id: `chatcmpl-${stream.streamId.replaceAll('-', '')}`, created: seconds(parts.clock.now()) }
        if (body.stream === true) {
          const includeUsage = body.stream_options?.include_usage === true
          return answerResponse(readChunks(stream, { head, includeUsage, log: parts.log }), {
            headers: stream.headers,
            signal: request.signal,
            ping: pingComment,
            disconnect: () => server?.timeout(request, 1),
            onEnd: noteStream(request, stream.streamId),
          })
        }
        const { text, sources, usage, done } = await collectAnswer(stream)
        const answer: typeof completionView.static = {
          ...head,
          object: 'chat.completion',
          model: stream.model,
          choices: [
            {
              index: 0,
              message: { role: 'assistant', content: text, refusal: null },
              logprobs: null,
              finish_reason: describeFinish(done?.finish_reason ?? 'stop'),
            },
          ],
          usage: describeUsage(usage ?? { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }),
          sources: sources?.sources ?? [],
          cited: done?.cited ?? [],
        }
        return Response.json(answer, { headers: stream.headers })
      },
      {
        ...openJsonBody(completionBody),
        response: { 200: t.Union([completionView, t.String({ contentMediaType: 'text/event-stream' })]) },
        detail: { summary: 'Ask as at OpenAI; with stream, the answer comes in chunks' },
      },
    )
}

function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1000)
}
