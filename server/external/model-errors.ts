import { bodyTimeout, bodyTooLarge, bodyUnreadable, readCapped } from '../platform/egress-body.ts'
import { addressRefused, redirectRefused, upstreamUnreachable } from '../platform/egress.ts'
import { type AppError, defineError } from '../platform/errors.ts'

/** 502: the provider failed; `extensions.reason` is a `ModelFailureReason`. Carries `retry-after` when the provider named one. */
export const modelUpstreamError = defineError({
  code: 'model.upstream_error',
  status: 502,
  title: 'The model could not answer',
})

/** 504: `extensions.deadline` is `first_token`, `idle` or `total` (guarantee C4). */
export const modelTimeout = defineError({
  code: 'model.timeout',
  status: 504,
  title: 'The model did not answer in time',
})

/** Which deadline passed. */
export type ModelDeadline = 'first_token' | 'idle' | 'total'

const sentences = {
  key_refused: 'The model provider refused the API key. Check the key and what it may be used for.',
  balance_exhausted: 'The account at the model provider has no balance or quota left. Top it up, then try again.',
  rate_limited: 'The model provider is limiting requests. Try again later.',
  model_not_found: 'The model provider does not know this model at this address. Check the model name and the address.',
  context_too_long: 'The conversation is longer than this model can read. Start a new one or choose another model.',
  request_refused: 'The model provider refused the request. Check the model name and the output limit.',
  provider_failing: 'The model provider is failing. Try again later.',
  unreachable: 'The model provider cannot be reached. Check the address, or try again later.',
  address_refused: 'The model address may not be used: it leads to this machine or to a private network.',
  redirected: 'The model address answers with a redirect. Enter the address it leads to, if you trust it.',
  not_event_stream:
    'The model address answers, but not as a chat model. Check that it ends with the version, such as /v1.',
  malformed: 'The model provider sent an answer that cannot be read.',
  too_large: 'The model provider sent more than can be read.',
  cut: 'The model provider broke off the answer. Try again.',
} as const

/** Why a provider's answer is no answer; for health records and for tests, never upstream text. */
export type ModelFailureReason = keyof typeof sentences

/** Makes `model.upstream_error` with the safe sentence of its reason. */
export function makeModelFailure(
  reason: ModelFailureReason,
  more: { cause?: unknown; retryAfterSeconds?: number } = {},
): AppError {
  const { cause, retryAfterSeconds } = more
  const detail =
    reason === 'rate_limited' && retryAfterSeconds !== undefined
      ? `The model provider is limiting requests. Try again in ${retryAfterSeconds} seconds.`
      : sentences[reason]
  const headers: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
  return modelUpstreamError({ detail, cause, headers, extensions: { reason } })
}

/** Makes `model.timeout`. */
export function makeModelTimeout(deadline: ModelDeadline): AppError {
  const detail =
    deadline === 'first_token'
      ? 'The model did not begin to answer in time. Try again.'
      : deadline === 'idle'
        ? 'The model stopped in the middle of its answer. Try again.'
        : 'The answer took too long and was ended.'
  return modelTimeout({ detail, extensions: { deadline } })
}

/** The seconds of a sane Retry-After (1 to 3,600), else undefined. */
export function parseRetryAfter(headers: { get(name: string): string | null }): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds > 0 && seconds <= 3_600 ? Math.ceil(seconds) : undefined
}

const errorBodyBytesMax = 16_384
const errorBodyTimeoutMs = 1_000

/**
 * The error of a non-2xx answer. At most 16 kB of its body are read, for one second, and only its `error.code` is
 * compared with known words; nothing of it is kept.
 */
export async function classifyModelResponse(response: Response, signal: AbortSignal): Promise<AppError> {
  const { status } = response
  const retryAfterSeconds = parseRetryAfter(response.headers)
  let code = ''
  if (status === 400 || status === 404 || status === 429) code = await readErrorCode(response, signal)
  else response.body?.cancel().catch(() => undefined)
  return makeModelFailure(reasonOfStatus(status, code), { retryAfterSeconds })
}

/** The reason of an error status and, where known, the provider's error code. */
export function reasonOfStatus(status: number, code: string): ModelFailureReason {
  if (status === 401 || status === 403) return 'key_refused'
  if (status === 402 || code === 'insufficient_quota') return 'balance_exhausted'
  if (status === 429) return 'rate_limited'
  if (status === 404 || code === 'model_not_found') return 'model_not_found'
  if (code === 'context_length_exceeded') return 'context_too_long'
  return status >= 500 ? 'provider_failing' : 'request_refused'
}

/** The error of a request that got no usable answer: what egress throws, and whatever else `fetch` may throw. */
export function classifyModelThrow(error: unknown): AppError {
  if (modelUpstreamError.is(error) || modelTimeout.is(error)) return error
  if (addressRefused.is(error)) return makeModelFailure('address_refused', { cause: error })
  if (redirectRefused.is(error)) return makeModelFailure('redirected', { cause: error })
  if (bodyTooLarge.is(error)) return makeModelFailure('too_large', { cause: error })
  if (bodyUnreadable.is(error)) return makeModelFailure('malformed', { cause: error })
  if (bodyTimeout.is(error)) return makeModelTimeout('total')
  if (upstreamUnreachable.is(error)) return makeModelFailure('unreachable', { cause: error })
  return makeModelFailure('unreachable', { cause: error })
}

async function readErrorCode(response: Response, signal: AbortSignal): Promise<string> {
  try {
    const bytes = await readCapped(response, { bytesMax: errorBodyBytesMax, timeoutMs: errorBodyTimeoutMs, signal })
    const body: unknown = JSON.parse(new TextDecoder().decode(bytes))
    if (typeof body !== 'object' || body === null || !('error' in body)) return ''
    const { error } = body
    return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
      ? error.code
      : ''
  } catch {
    return ''
  }
}
