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
  /** `create` takes further connections while this transaction stands open. */
  takesOthers?: boolean
}

/**
 * Runs a creation in one core transaction. With an Idempotency-Key the answer is kept in that very transaction for 24
 * hours per caller: the same request again gets the first answer, another body 422, a second one meanwhile 409. A
 * creation that failed keeps nothing and may be tried again. Source: contract, “Conventions”.
 * @param create does its work on the given database only, unless `takesOthers`
 */
export async function createOnce<T>(
  core: CoreDatabase,
  creating: CreatingRequest,
  create: (database: Database) => Promise<Answer<T>>,
): Promise<Answer<T>> {
  const key = readKey(creating.request)
  if (key === undefined) return core.write(create)
  const caller = `${creating.principal.scope}:${creating.principal.tenantId ?? ''}:${creating.principal.userId}`
  const requestHashes = hashRequest(core, creating)
  const [requestHash = ''] = requestHashes
  const keepOnce = async (database: Database): Promise<Answer<T>> => {
    if (!(await lockIdempotencyKey(database, caller, key))) {
      throw idempotencyInFlight({ detail: 'Try again in a moment.', headers: { 'retry-after': '1' } })
    }
    const kept = await findKeptAnswer(database, caller, key)
    if (kept) {
      // It was kept by `keepAnswer` for this very request, so it has the shape that `create` gives.
      if (requestHashes.includes(kept.requestHash)) return { status: kept.status, body: kept.body as T }
      throw idempotencyMismatch({ detail: 'Use a new key for a new request.' })
    }
    const answer = await create(database)
    await keepAnswer(database, caller, key, { requestHash, ...answer })
    return answer
  }
  return core.write(keepOnce, creating.takesOthers ? { party: holdersOfSeveral } : {})
}

/** Together they have half of the connections at most, so that what they wait for is never held by their like. */
const holdersOfSeveral = 'holders of several connections'

function readKey(request: Request): string | undefined {
  const key = request.headers.get('idempotency-key')
  if (key === null) return undefined
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw requestMalformed({ detail: 'Idempotency-Key must have 1 to 255 visible ASCII characters.' })
  }
  return key
}

/** Keyed, as the body may hold a password; under each key there is, the current one first. */
function hashRequest(core: CoreDatabase, { request, body }: CreatingRequest): string[] {
  const { pathname } = new URL(request.url)
  return core.digests(JSON.stringify([request.method, pathname.replace(/\/$/, ''), sortKeys(body)]))
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
