import type { Server } from 'bun'
import type { AnswerReader } from '../../answering/answer-reader.ts'
import type { AnswerStream } from '../../answering/answer-stream.ts'
import type { AnswerOwner } from '../../answering/answer-owner.ts'
import type { SharedAnswers } from '../../answering/shared-answers.ts'
import type { Principal } from '../../http/identity.ts'
import { describeProblem, toAppError } from '../../http/problem-details.ts'
import { factsOf, noteStream } from '../../http/request-facts.ts'
import type { Gates } from '../../http/routes.ts'
import { ensureTenantServes, tenantNotFound } from '../../http/tenant-gate.ts'
import type { TenantId } from '../../platform/ids.ts'
import { answerResponse } from './answer-response.ts'

/** What answers to requests stand on. */
export interface RespondParts {
  sharedAnswers: SharedAnswers
}

/** A signal that follows a request's until it is let go. */
export interface Leash {
  readonly signal: AbortSignal
  release(): void
}

/**
 * Ties an answer to its request while it is prepared: a client that leaves then ends it. Once it streams, the client may
 * come back, and its reader decides.
 */
export function createLeash(request: AbortSignal): Leash {
  const controller = new AbortController()
  const follow = (): void => controller.abort(request.reason)
  if (request.aborted) follow()
  else request.addEventListener('abort', follow, { once: true })
  return { signal: controller.signal, release: () => request.removeEventListener('abort', follow) }
}

type HttpServer = Pick<Server<unknown>, 'timeout'> | null

/** Answers with the events of a new answer, which its owner may read again. */
export function respond(
  parts: RespondParts,
  answer: {
    stream: AnswerStream
    owner: AnswerOwner
    isResumable: boolean
    leash: Leash
    request: Request
    server: HttpServer
  },
): Response {
  const { request } = answer
  const { requestId } = factsOf(request)
  answer.leash.release()
  const reader = parts.sharedAnswers.share({
    stream: answer.stream,
    owner: answer.owner,
    isResumable: answer.isResumable,
    describeFailure: (thrown) => describeProblem(toAppError(thrown), requestId),
  })
  return respondWith(reader, { ...answer, headers: answer.stream.headers })
}

/** Answers with what a reader gives. */
export function respondWith(
  reader: AnswerReader,
  to: { request: Request; server: HttpServer; headers?: Record<string, string> },
): Response {
  const { request, server } = to
  // A quiet stream is kept open by pings; the model has its own deadlines.
  server?.timeout(request, 0)
  return answerResponse(reader, {
    headers: to.headers,
    signal: request.signal,
    disconnect: () => server?.timeout(request, 1),
    onEnd: noteStream(request, reader.streamId),
  })
}

/** An answer as events, for the API document. */
export const eventStreamAnswer = {
  responses: {
    200: {
      description: 'Events start, sources, delta, usage, done or error',
      content: { 'text/event-stream': { schema: { type: 'string' as const } } },
    },
  },
}

/** May the asker still be where it is? The token may have expired meanwhile; its session may not have ended. */
export async function recheck(gates: Gates, request: Request, principal: Principal): Promise<void> {
  await gates.tenantGate.enter(request, await gates.identity.revalidate(principal))
}

/** Is the asker still a manager of a tenant that serves? */
export async function recheckManager(gates: Gates, principal: Principal, tenantId: TenantId): Promise<void> {
  const now = await gates.identity.revalidate(principal)
  const tenant = await gates.directories.tenant(tenantId)
  const manages = tenant && now.scope === 'core' && (now.isSuperuser || tenant.ownerId === now.userId)
  if (!manages) throw tenantNotFound({ detail: 'There is no tenant with this id.' })
  ensureTenantServes(tenant)
}
