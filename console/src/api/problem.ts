import { formatTimeAfter, formatWait } from '../lib/format.ts'
import { attemptWords, commonWords, type Attempt, type ProblemWords } from './problem-words.ts'

/** Codes this side makes when there is no problem object to read. */
export type LocalCode = 'network.unreachable' | 'network.unreadable' | 'session.ended'

/** A refused field, as the server names it: a JSON path such as `/email` and a sentence. */
export interface RefusedField {
  path: string
  message: string
}

/** Why a call failed: the server's `application/problem+json`, or that there was no answer at all. */
export class ApiProblem extends Error {
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number
  /** A dotted code of the wire contract, or a `LocalCode`. */
  readonly code: string
  readonly requestId: string | undefined
  readonly retryAfterSeconds: number | undefined
  readonly refusedFields: readonly RefusedField[]
  /** Whose counter a limit's refusal is about: the tenant's as a whole, or the caller's own. */
  readonly limitScope: 'tenant' | 'user' | undefined
  /** When it was seen here: what a wait is counted from. */
  readonly occurredAt: Date

  constructor(problem: {
    status: number
    code: string
    detail: string
    requestId?: string
    retryAfterSeconds?: number
    refusedFields?: readonly RefusedField[]
    limitScope?: 'tenant' | 'user'
    occurredAt?: Date
    cause?: unknown
  }) {
    super(problem.detail, { cause: problem.cause })
    this.name = 'ApiProblem'
    this.status = problem.status
    this.code = problem.code
    this.requestId = problem.requestId
    this.retryAfterSeconds = problem.retryAfterSeconds
    this.refusedFields = problem.refusedFields ?? []
    this.limitScope = problem.limitScope
    this.occurredAt = problem.occurredAt ?? new Date()
  }
}

/** Reads a failed answer; anything that is no problem object (a proxy's page) becomes `network.unreadable`. */
export async function readProblem(response: Response): Promise<ApiProblem> {
  const requestId = response.headers.get('x-request-id') ?? undefined
  const retryAfterSeconds = readRetryAfter(response.headers.get('retry-after'))
  const body: unknown = await response.json().catch(() => undefined)
  if (!isRecord(body) || typeof body.code !== 'string') {
    const detail = `The answer (${response.status}) could not be read.`
    return new ApiProblem({ status: response.status, code: 'network.unreadable', detail, requestId, retryAfterSeconds })
  }
  return new ApiProblem({
    status: response.status,
    code: body.code,
    detail: typeof body.detail === 'string' ? body.detail : '',
    requestId: typeof body.request_id === 'string' ? body.request_id : requestId,
    retryAfterSeconds,
    refusedFields: Array.isArray(body.errors) ? body.errors.filter(isRefusedField) : [],
    limitScope: body.scope === 'tenant' || body.scope === 'user' ? body.scope : undefined,
  })
}

/** The refused fields that a form has, by its own names; paths are read as `email`, `/email` or `body.email`. */
export function findRefusals<Name extends string>(options: {
  problem: ApiProblem
  names: readonly Name[]
}): { name: Name; message: string }[] {
  return options.problem.refusedFields.flatMap(({ path, message }) => {
    const last = path.split(/[/.]/).at(-1)
    const name = options.names.find((candidate) => candidate === last)
    return name === undefined ? [] : [{ name, message: toSentence(message) }]
  })
}

/** The server's fragments (“must have 12 to 256 characters”) as sentences. */
function toSentence(message: string): string {
  const whole = /^(?:must|is|has|may)\b/.test(message) ? `This ${message}` : message
  return whole.endsWith('.') ? whole : `${whole}.`
}

/** Makes any thrown value an `ApiProblem`; what `fetch` throws means that the server was not reached. */
export function toProblem(thrown: unknown): ApiProblem {
  if (thrown instanceof ApiProblem) return thrown
  return new ApiProblem({ status: 0, code: 'network.unreachable', detail: 'The server did not answer.', cause: thrown })
}

/** The sentence for a failure. Codes never appear in it; unknown ones fall back to the server's own detail. */
export function describeProblem(options: { problem: ApiProblem; attempt: Attempt }): ProblemWords {
  const { problem, attempt } = options
  const own = attemptWords[attempt][problem.code] ?? commonWords[problem.code]
  if (own) return own
  if (problem.status === 429) return describeWait(options)
  if (problem.status >= 500) {
    return { title: 'The server could not do this.', advice: 'Nothing was changed. Try again in a moment.' }
  }
  return { title: problem.message || 'The server refused this.', advice: 'Check what you entered, then try again.' }
}

function describeWait(options: { problem: ApiProblem; attempt: Attempt }): ProblemWords {
  const seconds = options.problem.retryAfterSeconds
  const title =
    options.problem.code === 'limit.password_guesses'
      ? 'Too many wrong passwords.'
      : options.attempt === 'sign-in'
        ? 'Too many tries with this address.'
        : 'Too many requests.'
  if (seconds === undefined) return { title, advice: 'Wait a few minutes, then try again.' }
  if (seconds < 60) return { title, advice: `Wait ${formatWait(seconds)}, then try again.` }
  return {
    title,
    advice: `Try again at ${formatTimeAfter({ seconds, now: options.problem.occurredAt })}, in ${formatWait(seconds)}.`,
  }
}

function readRetryAfter(value: string | null): number | undefined {
  const seconds = value === null ? Number.NaN : Number(value)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isRefusedField(value: unknown): value is RefusedField {
  return isRecord(value) && typeof value.path === 'string' && typeof value.message === 'string'
}
