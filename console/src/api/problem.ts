import { formatTimeAfter, formatWait } from '../lib/format.ts'

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

/** What to tell a person: what happened, then what to do. */
export interface ProblemWords {
  title: string
  advice: string
}

/** What was being done when it failed, where that changes the sentence. */
export type Attempt = 'sign-in' | 'set-up' | 'register' | 'mail' | 'people' | 'other'

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

const commonWords: Record<string, ProblemWords> = {
  'network.unreachable': {
    title: 'The server did not answer.',
    advice: 'Nothing was changed. Check your connection, then try again.',
  },
  'network.unreadable': {
    title: 'The answer could not be read.',
    advice: 'Something between this page and the server replied in its place. Try again in a moment.',
  },
  'session.ended': { title: 'Your session ended.', advice: 'Sign in again to go on.' },
  'auth.token_invalid': { title: 'Your session ended.', advice: 'Sign in again to go on.' },
  'auth.token_stale': { title: 'Your session ended.', advice: 'Sign in again to go on.' },
  'auth.forbidden': {
    title: 'Your account may not do this.',
    advice: 'A superuser of this server can change what it may do.',
  },
  'user.inactive': {
    title: 'This account is deactivated.',
    advice: 'A superuser of this server can activate it again.',
  },
  'user.not_verified': {
    title: 'Your address is not verified yet.',
    advice: 'Open the link that was mailed to you, or ask for it again on Home.',
  },
  'organization.limit_reached': {
    title: 'You have as many organizations as one owner may have here.',
    advice: 'Nothing was made. Ask the people who run this server for more.',
  },
  'tenant.dedicated_unavailable': {
    title: 'This server cannot make a database now.',
    advice: 'Nothing was made. The people who run it can see why on its System page.',
  },
  'tenant.database_in_use': {
    title: 'Somebody is still connected to its database.',
    advice: 'A pooler or a person. End those sessions, then delete it again; until then it serves nobody.',
  },
  'tenant.migrating': {
    title: 'Its database is being made or moved.',
    advice: 'Nothing was changed. Try again in a moment.',
  },
  'tenant.inactive': {
    title: 'This organization is suspended.',
    advice: 'Its owner or a superuser of this server can activate it again.',
  },
  'request.invalid': {
    title: 'The server did not accept this.',
    advice: 'Check what you entered, then try again.',
  },
  'server.busy': { title: 'The server is busy.', advice: 'Nothing was changed. Try again in a moment.' },
}

const attemptWords: Record<Attempt, Record<string, ProblemWords>> = {
  'sign-in': {
    'auth.invalid_credentials': {
      title: 'That e-mail and password do not match.',
      advice: 'Check both, then try again.',
    },
    'user.not_verified': {
      title: 'This address is not verified yet.',
      advice: 'Open the link in the mail we sent to it, then sign in.',
    },
  },
  'set-up': {
    'auth.setup_token_invalid': {
      title: 'This link no longer works.',
      advice: 'It lasts one hour and works once. Start the server again and open the link it prints.',
    },
    'user.email_taken': {
      title: 'That e-mail belongs to an account already.',
      advice: 'Use another one for the superuser.',
    },
  },
  register: {
    'user.email_taken': {
      title: 'That e-mail has an account already.',
      advice: 'Sign in with it, or set a new password.',
    },
  },
  mail: {
    'limit.mails': {
      title: 'Too many links were asked for.',
      advice: 'Wait an hour, then try again. Links that came before still work.',
    },
  },
  people: {
    'user.email_taken': {
      title: 'The tenant has a user of its own with this address.',
      advice: 'The two are never merged. Delete that one in the tenant first, or leave things as they are.',
    },
    'user.unverified': {
      title: 'This address is not verified yet.',
      advice:
        'Whoever registered may not own it. Open the user under Users, mark the address as verified, then assign.',
    },
    'user.last_superuser': {
      title: 'This is the last superuser.',
      advice: 'Make another one first; somebody has to hold the keys.',
    },
    'user.not_found': { title: 'This user is gone.', advice: 'Somebody deleted it meanwhile.' },
    'tenant.not_found': { title: 'This tenant is gone.', advice: 'Somebody purged it meanwhile.' },
  },
  other: {},
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
