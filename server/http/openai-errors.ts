import type { AppError } from '../platform/errors.ts'

/** An error in the shape that OpenAI's clients read. */
export interface OpenAiError {
  error: { message: string; type: string; param: string | null; code: string | null }
}

/** Whether a request is to the routes that speak OpenAI's language. */
export function isForOpenAiClients(request: Request): boolean {
  // A Host header may be no host at all; that is refused by a problem, too.
  return /^\/v1(\/|$)/.test(URL.parse(request.url)?.pathname ?? '')
}

/** Codes that clients know by other names; the rest stay what they are everywhere here. */
const knownCodes: Record<string, string> = {
  'auth.token_invalid': 'invalid_api_key',
  'auth.token_stale': 'invalid_api_key',
  'model.not_found': 'model_not_found',
  'limit.requests_per_minute': 'rate_limit_exceeded',
  'limit.tokens_per_minute': 'rate_limit_exceeded',
  'limit.concurrent_streams': 'rate_limit_exceeded',
  'limit.tokens_per_month': 'insufficient_quota',
  'limit.cost_per_month_micro_usd': 'insufficient_quota',
}
/** What is over for the month is not over in a second, whatever a client's own patience says. */
const neverSoon = { 'x-should-retry': 'false' }

/**
 * An error as OpenAI's API would tell it: fields at fault are 400 there, not 422, and only the first is named.
 * @returns headers to send beside the error's own
 */
export function describeOpenAiError(error: AppError): {
  status: number
  headers: Record<string, string>
  body: OpenAiError
} {
  const code = knownCodes[error.code] ?? error.code
  const isQuota = code === 'insufficient_quota'
  return {
    status: error.status === 422 ? 400 : error.status,
    headers: { 'content-type': 'application/json', ...(isQuota ? neverSoon : {}) },
    body: {
      error: { message: error.detail, type: typeOf(error, code), param: paramOf(error), code },
    },
  }
}

function typeOf(error: AppError, code: string): string {
  if (code === 'insufficient_quota') return code
  if (error.status === 429) return error.code === 'limit.tokens_per_minute' ? 'tokens' : 'requests'
  if (error.status >= 500) return 'server_error'
  return error.status === 403 ? 'permission_error' : 'invalid_request_error'
}

/** `messages.0.content` as `messages[0].content`. */
function paramOf(error: AppError): string | null {
  const path = error.errors?.[0]?.path
  return path === undefined ? null : path.replaceAll(/\.(\d+)(?=\.|$)/g, '[$1]')
}
