import { password } from './people.ts'
import { type Operation, sampleOf } from './api-operations.ts'
import type { CallOptions } from './call.ts'
import type { Things } from './canary-tenants.ts'

/** One request that asks for somebody else's things, and the same for things that nobody has. */
export interface ForeignRequest {
  operation: Operation
  /** Where the foreign things stand. */
  place: string
  foreign: SentRequest
  /** Undefined where nothing comparable can be asked for. */
  phantom: SentRequest | undefined
}

/** A request as it is sent. */
export interface SentRequest {
  route: string
  options: CallOptions
}

/** What a parameter of a path stands for, by the segment before it; a route with another one fails until it is told here. */
const parameters: Record<string, (things: Things) => string> = {
  'tenants/{id}': ({ tenant }) => tenant,
  'organizations/{id}': ({ tenant }) => tenant,
  'users/{id}': ({ platformUser }) => platformUser,
  'users/{user}': ({ user }) => user,
  'sessions/{session}': ({ session }) => session,
  'streams/{stream}': ({ stream }) => stream,
  'preview/{stream}': ({ stream }) => stream,
  'domains/{domain}': ({ domain }) => domain,
  'models/{model}': ({ model }) => model,
  'api-keys/{key}': ({ apiKey }) => apiKey,
  'prompts/{version}': () => '1',
  'documents/{doc}': ({ document }) => document,
  // Servers are no tenant's; to all but superusers each is as missing as this one.
  'database-servers/{server}': () => '01890000-0000-7000-8000-000000000000',
  'prices/{price}': () => '01890000-0000-7000-8000-000000000000',
}

/** Fields and parameters that name a thing, whether or not a route knows them. */
const named: Record<string, (things: Things) => string> = {
  tenant_id: ({ tenant }) => tenant,
  id: ({ tenant }) => tenant,
  owner_id: ({ owner }) => owner,
  user_id: ({ user }) => user,
  actor_id: ({ user }) => user,
  session_id: ({ session }) => session,
  origin: ({ origin }) => origin,
  to: ({ email }) => email,
  q: ({ email }) => email,
}
/** Fields that an address is only looked up by: it is stored nowhere. */
const lookedUp = new Set([
  'POST /auth/login',
  'POST /auth/token',
  'POST /auth/password/forgot',
  'POST /auth/verify/resend',
])
/** Sent where no route has them. */
const unasked = ['tenant_id', 'user_id'] as const

let samples = 0
/** What a schema alone does not tell; every text is new, so that nothing stored here is anybody's. */
function ordinaryValues(things: Things): Record<string, unknown> {
  const sample = `sample${++samples}`
  return {
    email: `${sample}@people.example`,
    username: `${sample}@people.example`,
    password,
    message: 'What is known?',
    messages: [{ role: 'user', content: 'What is known?' }],
    valid_from: '2026-01-01T00:00:00Z',
    id: sample,
    tenant_id: things.tenant,
    origin: `https://${sample}.example`,
    token: 'a token that nobody was given',
  }
}

/** Fills a path; throws for a parameter that nobody told the meaning of. */
export function fillOperation(operation: Operation, things: (at: number) => Things): string {
  let at = 0
  return operation.path.replaceAll(/(\w[\w-]*)\/(\{\w+\})/g, (_, segment: string, parameter: string) => {
    const value = parameters[`${segment}/${parameter}`]
    if (!value) throw new Error(`tests/support/foreign-requests.ts does not know what ${segment}/${parameter} is`)
    return `${segment}/${encodeURIComponent(value(things(at++)))}`
  })
}

/** The body of an operation, in its own encoding; `added` members need not be known to its schema. */
export function writeBody(operation: Operation, things: Things, added: Record<string, unknown> = {}): CallOptions {
  if (!operation.body) return {}
  const sample = sampleOf(operation.body.schema, ordinaryValues(things))
  const body = { ...(typeof sample === 'object' ? sample : {}), ...added }
  if (operation.body.type !== 'application/x-www-form-urlencoded') return { body }
  const form = new URLSearchParams(Object.entries(body).map(([name, value]): [string, string] => [name, String(value)]))
  return { raw: form.toString(), headers: { 'content-type': operation.body.type } }
}

/** A place of a request where things may be named: fills it with the given ones. */
type Place = (things: Things) => SentRequest

/** Who asks for whose things. */
export interface Asker {
  /** The caller's own things; things of nobody for a caller without a tenant. */
  own: Things
  foreign: Things
  phantom: Things
  /** A cursor of a list of the foreign tenant. */
  cursor: string
  isAnonymous: boolean
}

/**
 * Every request of an operation that names `foreign` things in some place, with `own` ones where others are needed. A
 * request that would only do what the caller may do to its own is left out.
 */
export function listForeignRequests(operation: Operation, asker: Asker): ForeignRequest[] {
  const places = [
    ...listPathPlaces(operation, asker.own),
    ...listHeaderPlaces(operation, asker),
    ...(operation.method === 'GET' ? listQueryPlaces(operation, asker.own) : []),
    ...listBodyPlaces(operation, asker.own),
  ]
  const requests = places.map(([place, build]): ForeignRequest => {
    return { operation, place, foreign: build(asker.foreign), phantom: build(asker.phantom) }
  })
  if (operation.query.includes('cursor')) {
    const path = fillOperation(operation, () => asker.own)
    const foreign = { route: `${operation.method} ${path}?cursor=${asker.cursor}`, options: {} }
    requests.push({ operation, place: 'cursor', foreign, phantom: undefined })
  }
  return requests
}

function listPathPlaces(operation: Operation, own: Things): [string, Place][] {
  const parametersCount = operation.path.split('{').length - 1
  if (parametersCount === 0) return []
  const build = (path: string, tenant?: string): SentRequest => {
    return { route: `${operation.method} ${path}`, options: { ...writeBody(operation, own), tenant } }
  }
  const fill = (things: Things): string => fillOperation(operation, () => things)
  const places: [string, Place][] = [
    ['path', (things) => build(fill(things))],
    ['path and its header', (things) => build(fill(things), things.tenant)],
    ['path and own header', (things) => build(fill(things), own.tenant)],
    ['path with a slash', (things) => build(`${fill(things)}/`)],
    ['escaped path', (things) => build(fill(things).replaceAll(/(?<=\/)cnry/g, '%63nry'))],
    ['path in capitals', (things) => build(fill(things).replaceAll(/(?<=\/)cnry\w+/g, (id) => id.toUpperCase()))],
  ]
  if (parametersCount === 1) return places
  return [
    ...places,
    ['nested id', (things) => build(fillOperation(operation, (at) => (at === 0 ? own : things)))],
    ['outer id', (things) => build(fillOperation(operation, (at) => (at === 0 ? things : own)))],
  ]
}

function listHeaderPlaces(operation: Operation, asker: Asker): [string, Place][] {
  const { own } = asker
  // The things of a colleague: the header names the caller's own tenant, and all it does is the caller's own business.
  if (asker.foreign.tenant === own.tenant) return []
  const route = `${operation.method} ${fillOperation(operation, () => own)}`
  const places: [string, Place][] = [
    ['header', (things) => ({ route, options: { ...writeBody(operation, own), tenant: things.tenant } })],
  ]
  // With a token an origin selects nothing, so a write would only be one of the caller's own.
  if (operation.method !== 'GET' && !asker.isAnonymous) return places
  const withOrigin: Place = (things) => {
    const options = writeBody(operation, own)
    return { route, options: { ...options, headers: { ...options.headers, origin: things.origin } } }
  }
  return [...places, ['origin', withOrigin]]
}

function listQueryPlaces(operation: Operation, own: Things): [string, Place][] {
  const fill = (things: Things): string => fillOperation(operation, () => things)
  const names = [...new Set([...operation.query.filter((name) => named[name]), ...unasked])]
  return names.flatMap((name): [string, Place][] => {
    const query = (things: Things): string => `?${name}=${encodeURIComponent(named[name]?.(things) ?? '')}`
    return [
      [`query ${name}`, (things) => ({ route: `GET ${fill(own)}${query(things)}`, options: {} })],
      [`path and query ${name}`, (things) => ({ route: `GET ${fill(things)}${query(things)}`, options: {} })],
    ]
  })
}

function listBodyPlaces(operation: Operation, own: Things): [string, Place][] {
  if (!operation.body) return []
  const route = `${operation.method} ${fillOperation(operation, () => own)}`
  const asked = operation.body.schema.properties ?? {}
  const names = new Set([...Object.keys(named).filter((name) => name in asked), ...unasked])
  const places = [...names].map((name): [string, Place] => [
    `body ${name}`,
    (things) => ({ route, options: writeBody(operation, own, { [name]: named[name]?.(things) }) }),
  ])
  if (!lookedUp.has(operation.route)) return places
  const name = 'username' in asked ? 'username' : 'email'
  const here = (things: Things): CallOptions => writeBody(operation, own, { [name]: things.email })
  return [
    ...places,
    ['address', (things) => ({ route, options: here(things) })],
    ['address elsewhere', (things) => ({ route, options: { ...here(things), tenant: own.tenant } })],
  ]
}
