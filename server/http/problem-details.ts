import { ValidationError } from 'elysia'
import { AppError, clientLeft, defineError, type FieldError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { isDatabaseOutage } from '../platform/outage.ts'
import { describeOpenAiError, isForOpenAiClients } from './openai-errors.ts'
import { describeFaults, type FoundFault } from './refused-fields.ts'
import { factsOf } from './request-facts.ts'

/** The request cannot be read: broken JSON, a bad header, an impossible address. */
export const requestMalformed = defineError({
  code: 'request.malformed',
  status: 400,
  title: 'The request cannot be read',
})
/** The request was read, but some of its fields are not as they must be. */
export const requestInvalid = defineError({ code: 'request.invalid', status: 422, title: 'Some fields are not valid' })
/** The body is larger than this route takes. */
export const requestTooLarge = defineError({
  code: 'request.too_large',
  status: 413,
  title: 'The request is too large',
})
/** No route has this method and path. */
export const routeNotFound = defineError({ code: 'route.not_found', status: 404, title: 'There is nothing here' })
/** Something failed that the caller cannot mend; the cause is in the log under the request id. */
export const serverError = defineError({
  code: 'server.error',
  status: 500,
  title: 'Something went wrong on the server',
})
/** The database cannot be reached or refuses work for now. */
export const databaseUnavailable = defineError({
  code: 'server.unavailable',
  status: 503,
  title: 'The database does not answer',
})

/** What is wrong in here, and not with an upstream, a tenant's settings or the request. */
const ownFailures = new Set([serverError.definition.code, databaseUnavailable.definition.code])

/** The problem object (RFC 9457) of an error, as it is sent in bodies and in SSE `error` events. */
export function describeProblem(error: AppError, requestId: string): Record<string, unknown> & { code: string } {
  return {
    ...error.extensions,
    type: `urn:tenantry:error:${error.code}`,
    title: error.title,
    status: error.status,
    detail: error.detail,
    code: error.code,
    request_id: requestId,
    ...(error.errors ? { errors: error.errors } : {}),
  }
}

/** Any thrown value as an error that may be sent; the ones that are not ours lose their text. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  // As drizzle wraps whatever kept its statement from being sent.
  if (thrown instanceof Error && thrown.cause instanceof AppError) return thrown.cause
  if (thrown instanceof ValidationError) return describeInvalid(thrown)
  if (thrown instanceof DOMException && thrown.name === 'AbortError') return clientLeft({ cause: thrown })
  if (isDatabaseOutage(thrown)) {
    return databaseUnavailable({
      detail: 'The database does not answer right now. Try again in a moment.',
      cause: thrown,
      headers: { 'retry-after': '2' },
    })
  }
  return serverError({ cause: thrown })
}

/** The answer to a request that failed: problem+json, and under /v1 what OpenAI's clients read; its cause logged once. */
export function answerProblem(thrown: unknown, request: Request, log: Log): Response {
  const error = toAppError(thrown)
  const facts = factsOf(request)
  facts.problemCode = error.code
  if (ownFailures.has(error.code)) {
    log.error({ err: error.cause ?? thrown, code: error.code, request_id: facts.requestId }, 'request failed')
  } else if (error.status >= 500) {
    // A failing upstream or a tenant's settings: told in one line, as nothing is wrong in here.
    const { reason } = error.extensions
    log.warn({ code: error.code, reason, request_id: facts.requestId, tenant_id: facts.tenantId }, 'request refused')
  }
  const answer = isForOpenAiClients(request)
    ? describeOpenAiError(error)
    : {
        status: error.status,
        headers: { 'content-type': 'application/problem+json' },
        body: describeProblem(error, facts.requestId),
      }
  facts.problemStatus = answer.status
  return new Response(request.method === 'HEAD' ? null : JSON.stringify(answer.body), {
    status: answer.status,
    headers: { ...error.headers, ...answer.headers, 'x-request-id': facts.requestId },
  })
}

function describeInvalid(invalid: ValidationError): AppError {
  // A response that breaks its own schema is our fault, and its content stays here.
  if (invalid.type === 'response') return serverError({ cause: new Error(`response of ${invalid.type} is invalid`) })
  return invalidFields(describeFaults(listFaults(invalid), invalid.type))
}

function listFaults(invalid: ValidationError): FoundFault[] {
  return invalid.all.filter((entry) => 'path' in entry)
}

/** 422 `request.invalid` for these fields; the first of them is told in the detail. */
export function invalidFields(errors: FieldError[]): AppError {
  return requestInvalid({ detail: summarise(errors), errors })
}

/** The first fields at fault as one sentence. */
function summarise(errors: FieldError[]): string {
  const [first] = errors
  if (!first) return requestInvalid.definition.title
  return errors.length === 1
    ? `${first.path}: ${first.message}`
    : `${first.path}: ${first.message} (and ${errors.length - 1} more)`
}
