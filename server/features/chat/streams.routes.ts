import type { Problem } from '../../answering/answer-reader.ts'
import type { OpenAnswers } from '../../answering/open-answers.ts'
import type { AnswerOwner } from '../../answering/answer-owner.ts'
import type { Principal } from '../../http/identity.ts'
import { describeProblem, requestMalformed, toAppError } from '../../http/problem-details.ts'
import { factsOf } from '../../http/request-facts.ts'
import { type Gates, headersKey, managerRoutes, tenantRoutes } from '../../http/routes.ts'
import { eventStreamAnswer, recheck, recheckManager, type RespondParts, respondWith } from './answering-request.ts'
import { stoppedView } from './chat.schemas.ts'
import { signedInBy } from './chat.usecases.ts'
import { stopStream, type StopParts } from './streams.usecases.ts'

const tag = 'Chat'

/** What coming back to answers stands on. */
export type StreamsParts = RespondParts & StopParts & { gates: Gates; openAnswers: OpenAnswers }

const resumeDetail = {
  responses: { ...eventStreamAnswer.responses, 204: { description: 'There is nothing (more) to read' } },
  [headersKey]: [{ name: 'Last-Event-ID', description: 'The last event that was read; left out, it begins anew' }],
}

/** Coming back to one's answers, and stopping them. */
export function streamRoutes(parts: StreamsParts) {
  const { gates } = parts
  return tenantRoutes(gates, '/chat/streams', { tag, keyScope: 'chat' })
    .get(
      '/:stream',
      ({ params, request, principal, entry, server }) =>
        resume(parts, {
          streamId: params.stream,
          owner: { tenantId: entry.tenant.id, userId: entry.userId, purpose: 'chat' },
          principal,
          isHeardOf: entry.tenant.isolation === 'pooled',
          recheck: () => recheck(gates, request, principal),
          request,
          server,
        }),
      { detail: { summary: 'Read one of your answers from where you stopped', ...resumeDetail } },
    )
    .post(
      '/:stream/stop',
      ({ params, entry }) =>
        stopStream(parts, {
          streamId: params.stream,
          owner: { tenantId: entry.tenant.id, userId: entry.userId, purpose: 'chat' },
        }),
      { response: { 200: stoppedView }, detail: { summary: 'End one of your answers, and learn what it took' } },
    )
}

/** The same for answers of previews. */
export function streamRoutesForManagers(parts: StreamsParts) {
  const { gates } = parts
  return managerRoutes(gates, tag)
    .get(
      '/preview/:stream',
      ({ params, request, principal, tenant, server }) =>
        resume(parts, {
          streamId: params.stream,
          owner: { tenantId: tenant.id, userId: principal.userId, purpose: 'test' },
          principal,
          isHeardOf: true,
          recheck: () => recheckManager(gates, principal, tenant.id),
          request,
          server,
        }),
      { detail: { summary: 'Read the answer of a preview from where you stopped', ...resumeDetail } },
    )
    .post(
      '/preview/:stream/stop',
      ({ params, principal, tenant }) =>
        stopStream(parts, {
          streamId: params.stream,
          owner: { tenantId: tenant.id, userId: principal.userId, purpose: 'test' },
        }),
      { response: { 200: stoppedView }, detail: { summary: 'End the answer of a preview, and learn what it took' } },
    )
}

/** Reads on behind the last event; 204 when there is no such answer of this owner, just as when nothing is left of it. */
async function resume(
  parts: StreamsParts,
  wanted: {
    streamId: string
    owner: AnswerOwner
    principal: Principal
    isHeardOf: boolean
    recheck: () => Promise<void>
    request: Request
    server: Parameters<typeof respondWith>[1]['server']
  },
): Promise<Response> {
  const { request, owner } = wanted
  const { requestId } = factsOf(request)
  const afterId = readLastEventId(request)
  const describeFailure = (thrown: unknown): Problem => describeProblem(toAppError(thrown), requestId)
  const reader = await parts.sharedAnswers.find({ streamId: wanted.streamId, owner, afterId, describeFailure })
  if (!reader) return new Response(null, { status: 204 })
  const unwatch = parts.openAnswers.watch({
    tenantId: owner.tenantId,
    userId: wanted.principal.userId,
    signedInBy: signedInBy(wanted.principal),
    isHeardOf: wanted.isHeardOf,
    recheck: wanted.recheck,
    cut: (error) => reader.cut(describeFailure(error)),
  })
  void reader.ended.then(unwatch)
  return respondWith(reader, wanted)
}

function readLastEventId(request: Request): number {
  const text = request.headers.get('last-event-id') ?? '0'
  if (!/^\d{1,9}$/.test(text)) throw requestMalformed({ detail: 'Last-Event-ID must be the number of an event.' })
  return Number(text)
}
