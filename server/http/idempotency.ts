import type { CoreDatabase } from '../data/core-database.ts'
import { findKeptAnswer, keepAnswer, lockIdempotencyKey } from '../data/idempotency.data.ts'
import type { Database } from '../data/postgres.ts'
import { defineError } from '../platform/errors.ts'
import type { Principal } from './identity.ts'
import { requestMalformed } from './problem-details.ts'

/** The key was used for another request. */
export const idempotencyMismatch = defineError({
  code: 'idempotency.mismatch',
  status: 422,
  title: 'The Idempotency-Key was used for another request',
})
/** The first request with this key is still running. */
export const idempotencyInFlight = defineError({
  code: 'idempotency.in_flight',
  status: 409,
  title: 'The first request with this Idempotency-Key is still running',
})

/** An answer that may be replayed. */
export interface Answer<T> {
  status: number
  body: T
}

/** A request that creates something, as far as replaying it goes. */
export interface CreatingRequest {
  request: Request
  principal: Principal
  body: unknown
}

/**
 * Where a creation runs: the core database, or a transaction of a tenant's store with one of core inside it.
 * `Place` is what the creation gets beside the core database.
 */
export interface CreationPlace<Place extends unknown[]> {
  digest(text: string): string
  write<T>(work: (database: Database, ...place: Place) => Promise<T>): Promise<T>
}

/**
 * Runs a creation in one core transaction. With an Idempotency-Key the answer is kept in that very transaction for 24
 * hours per caller: the same request again gets the first answer, another body 422, a second one meanwhile 409. A
 * creation that failed keeps nothing and may be tried again. Source: contract, “Conventions”.
 * @param create does its work on the given database only
 */
export async function createOnce<T, Place extends unknown[]>(
  core: CreationPlace<Place>,
  creating: CreatingRequest,
  create: (database: Database, ...place: Place) => Promise<Answer<T>>,
): Promise<Answer<T>> {
  const key = readKey(creating.request)
  if (key === undefined) return core.write(create)
  const caller = nameCaller(creating)
  return core.write(async (database, ...place) => {
    if (!(await lockIdempotencyKey(database, caller, key))) throw refuseInFlight()
    const kept = await findReplay<T>(core, database, creating)
    if (kept) return kept
    const answer = await create(database, ...place)
    await keepAnswer(database, caller, key, { requestHash: hashRequest(core, creating), ...answer })
    return answer
  })
}

/**
 * The first answer to a request that came before with the same Idempotency-Key; undefined for a new one, 422 for another
 * request. For creations whose audit rows are no part of their transaction.
 */
export async function findReplay<T>(
  core: Pick<CoreDatabase, 'digest'>,
  database: Database,
  creating: CreatingRequest,
): Promise<Answer<T> | undefined> {
  const key = readKey(creating.request)
  const kept = key === undefined ? undefined : await findKeptAnswer(database, nameCaller(creating), key)
  if (!kept) return undefined
  if (kept.requestHash !== hashRequest(core, creating)) {
    throw idempotencyMismatch({ detail: 'Use a new key for a new request.' })
  }
  // It was kept by `keepAnswer` for this very request, so it has the shape that its creation gives.
  return { status: kept.status, body: kept.body as T }
}

/** The answer while the first request with a key is still running. */
export function refuseInFlight(): Error {
  return idempotencyInFlight({ detail: 'Try again in a moment.', headers: { 'retry-after': '1' } })
}

function nameCaller({ principal }: CreatingRequest): string {
  return `${principal.scope}:${principal.tenantId ?? ''}:${principal.userId}`
}

function readKey(request: Request): string | undefined {
  const key = request.headers.get('idempotency-key')
  if (key === null) return undefined
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw requestMalformed({ detail: 'Idempotency-Key must have 1 to 255 visible ASCII characters.' })
  }
  return key
}

/** Keyed, as the body may hold a password. */
function hashRequest(core: Pick<CoreDatabase, 'digest'>, { request, body }: CreatingRequest): string {
  const { pathname } = new URL(request.url)
  return core.digest(JSON.stringify([request.method, pathname.replace(/\/$/, ''), sortKeys(body)]))
}

/** The same members in another order are the same body. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sortKeys(item)]),
  )
}
