import type { DocumentError } from '../data/tenant.schema.ts'
import { AppError } from '../platform/errors.ts'
import { dimensionMismatch, embeddingNotConfigured, remedyOf } from './document-errors.ts'

/** Failures of services that pass by themselves; the others wait for somebody to mend them. */
const passing = new Set<unknown>(['rate_limited', 'provider_failing', 'unreachable', 'timeout', 'malformed', 'cut'])
const upstreamCodes = new Set(['model.upstream_error', 'model.timeout', 'retrieval.failed'])
const settingCodes = new Set([
  embeddingNotConfigured.definition.code,
  dimensionMismatch.definition.code,
  'model.price_unknown',
])
const waitsSeconds = [5, 15, 45, 120, 300]

/** What to do about a failure of a service that a document needs. */
export interface FailurePlan {
  error: DocumentError
  /** Null when it is not tried again by itself. */
  retryAfterMs: number | null
}

/**
 * Plans how to go on after `failures` in a row; undefined for what is no failure of an upstream, a limit or a setting. What
 * passes by itself is tried five times over eight minutes; a limit is waited for.
 */
export function planAfterFailure(thrown: unknown, failures: number, now: Date): FailurePlan | undefined {
  if (!(thrown instanceof AppError)) return undefined
  const isLimit = thrown.code.startsWith('limit.')
  const isSetting = settingCodes.has(thrown.code)
  if (!isLimit && !isSetting && !upstreamCodes.has(thrown.code)) return undefined
  const { reason } = thrown.extensions
  const told = Number(thrown.headers['retry-after'] ?? Number.NaN)
  const mayPass = isLimit || thrown.code === 'model.timeout' || passing.has(reason)
  const waitSeconds = isLimit ? clamp(told || 60, 5, 3_600) : waitsSeconds[failures - 1]
  const retryAfterMs =
    !isSetting && mayPass && waitSeconds !== undefined ? 1_000 * Math.max(waitSeconds, clamp(told || 0, 0, 600)) : null
  return {
    error: {
      code: thrown.code,
      detail: thrown.detail,
      remedy: isLimit ? 'Wait, or ask a superuser to raise the limit.' : remedyOf(thrown.code, reason),
      retry_at: retryAfterMs === null ? null : new Date(now.getTime() + retryAfterMs).toISOString(),
    },
    retryAfterMs,
  }
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max)
}
