/** A field of a request that was refused, as a JSON path and a sentence. */
export interface FieldError {
  path: string
  message: string
}

/** What a single occurrence of an error may add to its definition. */
export interface ErrorOccurrence {
  /** A sentence for the caller: what happened, then what to do. Never upstream or database text. */
  detail?: string
  /** Logged, never sent. */
  cause?: unknown
  /** Response headers, such as `retry-after`. */
  headers?: Record<string, string>
  /** Refused fields (422). */
  errors?: FieldError[]
  /** Further members of the problem object (RFC 9457 §3.2), in snake_case. */
  extensions?: Record<string, unknown>
}

/** The fixed part of an error: what `docs/errors.md` lists. */
export interface ErrorDefinition {
  code: string
  status: number
  title: string
}

/**
 * An error whose code, status and detail may be sent to the caller as `application/problem+json` (RFC 9457).
 * Everything else that is thrown becomes `server.error` 500 without its text.
 */
export class AppError extends Error {
  readonly code: string
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly headers: Record<string, string>
  readonly errors: FieldError[] | undefined
  readonly extensions: Record<string, unknown>

  constructor(definition: ErrorDefinition, occurrence: ErrorOccurrence = {}) {
    super(occurrence.detail ?? definition.title, { cause: occurrence.cause })
    this.name = 'AppError'
    this.code = definition.code
    this.status = definition.status
    this.title = definition.title
    this.detail = occurrence.detail ?? definition.title
    this.headers = occurrence.headers ?? {}
    this.errors = occurrence.errors
    this.extensions = occurrence.extensions ?? {}
  }
}

/** A maker of one kind of `AppError`; `.is` tells whether a caught value is of this kind. */
export interface ErrorFactory {
  (occurrence?: ErrorOccurrence): AppError
  readonly definition: ErrorDefinition
  is(value: unknown): value is AppError
}

const definitions = new Map<string, ErrorDefinition>()

/**
 * Defines an error with a stable dotted code (`tenant.not_found`), its HTTP status and its title.
 * Two definitions of one code must agree, so that a code means one thing everywhere.
 */
export function defineError(definition: ErrorDefinition): ErrorFactory {
  const known = definitions.get(definition.code)
  if (known && (known.status !== definition.status || known.title !== definition.title)) {
    throw new Error(`error code ${definition.code} is defined twice with different meanings`)
  }
  definitions.set(definition.code, definition)
  const make = (occurrence?: ErrorOccurrence): AppError => new AppError(definition, occurrence)
  return Object.assign(make, {
    definition,
    is: (value: unknown): value is AppError => value instanceof AppError && value.code === definition.code,
  })
}

/** Every error defined by the modules loaded so far, sorted by code; the docs' table is made from it. */
export function listErrorDefinitions(): ErrorDefinition[] {
  return [...definitions.values()].sort((a, b) => a.code.localeCompare(b.code))
}

/** The client closed its connection; nobody reads this answer, but the log tells it from a failure (nginx’s 499). */
export const clientLeft = defineError({ code: 'request.aborted', status: 499, title: 'The client left' })
/** Too much waits for the same thing: a connection, or the hash of a password. */
export const serverBusy = defineError({ code: 'server.busy', status: 503, title: 'The server is busy' })
