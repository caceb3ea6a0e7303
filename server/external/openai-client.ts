import OpenAI, { APIError } from 'openai'
import { cappedFetch } from '../platform/egress-body.ts'
import type { Egress } from '../platform/egress.ts'
import { AppError } from '../platform/errors.ts'
import type { ModelTarget } from './language-model.ts'
import { classifyModelThrow, makeModelFailure, parseRetryAfter, reasonOfStatus } from './model-errors.ts'

/** Where an SDK call goes; a `ModelTarget` without what only chats need. */
export type SdkTarget = Pick<ModelTarget, 'baseUrl' | 'apiKey' | 'trusted'> & Partial<ModelTarget>

/**
 * The openai SDK for one call that does not stream, over our guarded and capped fetch. Nothing is taken from the
 * environment: an operator's organization, project or admin key must not travel with a tenant's request.
 */
export function createOpenAiClient(options: {
  egress: Egress
  target: SdkTarget
  bytesMax: number
  timeoutMs: number
  retriesMax: number
}): OpenAI {
  const { egress, target, bytesMax, timeoutMs, retriesMax } = options
  return new OpenAI({
    apiKey: target.apiKey,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: target.baseUrl.replace(/\/+$/, ''),
    maxRetries: retriesMax,
    timeout: timeoutMs,
    logLevel: 'off',
    fetch: cappedFetch(egress, { bytesMax, totalTimeoutMs: timeoutMs, trusted: target.trusted }),
  })
}

/** Whatever the SDK throws as `model.upstream_error` or `model.timeout`, without its message: that is upstream text. */
export function classifySdkError(error: unknown): AppError {
  if (error instanceof AppError) return classifyModelThrow(error)
  if (error instanceof APIError && typeof error.status === 'number') {
    const reason = reasonOfStatus(error.status, typeof error.code === 'string' ? error.code : '')
    const retryAfterSeconds = error.headers instanceof Headers ? parseRetryAfter(error.headers) : undefined
    return makeModelFailure(reason, { retryAfterSeconds })
  }
  // APIConnectionError keeps what our fetch threw as its cause.
  if (error instanceof Error && error.cause instanceof AppError) return classifyModelThrow(error.cause)
  if (error instanceof SyntaxError) return makeModelFailure('malformed', { cause: error })
  return classifyModelThrow(error)
}
