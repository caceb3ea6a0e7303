import { lookup as systemLookup } from 'node:dns/promises'
import { type Clock, systemClock } from './clock.ts'
import { type AddressClass, classifyAddress, findClassProblem, parseOutgoingAddress } from './egress-addresses.ts'
import { defineError } from './errors.ts'

/** 422: an address that is refused, at save or at connect; `errors` holds the sentence, `extensions.reason` is `address`. */
export const addressRefused = defineError({
  code: 'egress.address_refused',
  status: 422,
  title: 'This address cannot be used',
})

/** 502: the upstream answered with a redirect, which is never followed: it would carry the key elsewhere. */
export const redirectRefused = defineError({
  code: 'egress.redirect_refused',
  status: 502,
  title: 'The other service answered with a redirect',
})

/** 502: no connection; `extensions.reason` is `dns`, `tls` or `connection`. */
export const upstreamUnreachable = defineError({
  code: 'egress.unreachable',
  status: 502,
  title: 'The other service cannot be reached',
})

/** What `Egress.fetch` takes beside the standard options. */
export interface EgressInit extends RequestInit {
  /** True only for an address from the operator's environment: it skips the address check, not the redirect refusal. */
  trusted?: boolean
}

/**
 * The one way out of the process for addresses a tenant can influence (guarantee C1). Bodies arrive as the upstream
 * sent them (`decompress: false`, `accept-encoding: identity`): read them by `readCapped` or a bounded reader.
 */
export interface Egress {
  /**
   * Fetches from a checked address and connects to the very address that was checked, so that a name which resolves
   * differently a moment later reaches nothing. Throws `egress.address_refused`, `egress.redirect_refused`,
   * `egress.unreachable`, or the signal's own reason. Deadlines are the caller's, by `signal`.
   */
  fetch(input: string | URL | Request, init?: EgressInit): Promise<Response>
  /**
   * The check at save, without network. Throws `egress.address_refused` with one field error.
   * `path` is the field's JSON path in the request, such as `/model_base_url`.
   */
  checkUrl(url: string, path?: string): void
}

/** Resolves a name to all its addresses; replaced in tests. */
export type Lookup = (host: string) => Promise<string[]>

/** What `createEgress` is made of. */
export interface EgressOptions {
  /** `ALLOW_LOOPBACK_UPSTREAMS`: loopback and private addresses, and plain http to them. */
  allowLoopback: boolean
  lookup?: Lookup
  clock?: Clock
  /** PEM certificates trusted instead of the system's; for tests and private authorities. */
  certificateAuthority?: string
}

interface Resolution {
  addresses: { address: string; addressClass: AddressClass }[]
  expiresAtMs: number
}

const verdictLifetimeMs = 30_000
const verdictsMax = 1_000
const lookupTimeoutMs = 5_000
const addressesTriedMax = 3

/** Makes the guarded fetch. Holds a small cache of DNS verdicts (≤ 30 s) and nothing else; needs no closing. */
export function createEgress(options: EgressOptions): Egress {
  const { allowLoopback, certificateAuthority: ca } = options
  const lookup = options.lookup ?? lookupAll
  const clock = options.clock ?? systemClock
  const resolutions = new Map<string, Promise<Resolution>>()
  // Bun keys its connection pool by the TLS options; one object a name spares hashing a new one for each call.
  const tlsByName = new Map<string, Bun.TLSOptions>()

  async function resolve(host: string): Promise<Resolution> {
    const known = resolutions.get(host)
    if (known) {
      const resolution = await known
      if (resolution.expiresAtMs > clock.monotonicMs()) return resolution
    }
    const fresh = lookup(host).then((found) => ({
      addresses: found.map((address) => ({ address, addressClass: classifyAddress(address) })),
      expiresAtMs: clock.monotonicMs() + verdictLifetimeMs,
    }))
    if (resolutions.size >= verdictsMax) resolutions.clear()
    resolutions.set(host, fresh)
    // A failed look-up is not remembered: the next call asks again.
    fresh.catch(() => {
      if (resolutions.get(host) === fresh) resolutions.delete(host)
    })
    return fresh
  }

  function tlsFor(host: string): Bun.TLSOptions {
    const known = tlsByName.get(host)
    if (known) return known
    if (tlsByName.size >= verdictsMax) tlsByName.clear()
    const made: Bun.TLSOptions = ca === undefined ? { serverName: host } : { serverName: host, ca }
    tlsByName.set(host, made)
    return made
  }

  async function fetchChecked(text: string, init: RequestInit): Promise<Response> {
    const verdict = parseOutgoingAddress(text, { allowLoopback })
    if (!verdict.ok) throw refusal(verdict.problem)
    const { url, host, literalClass } = verdict.address
    if (literalClass !== undefined) return send(url.href, init, ca === undefined ? undefined : { ca })
    let resolution: Resolution
    try {
      resolution = await withinDeadline(resolve(host), init.signal ?? undefined)
    } catch (error) {
      throwIfAborted(init.signal)
      throw upstreamUnreachable({ cause: error, extensions: { reason: 'dns' } })
    }
    if (resolution.addresses.length === 0) throw upstreamUnreachable({ extensions: { reason: 'dns' } })
    for (const { addressClass } of resolution.addresses) {
      const problem = findClassProblem(addressClass, { url, allowLoopback })
      if (problem !== undefined) throw refusal(problem)
    }
    return sendPinned({ url, host, resolution, init, tls: url.protocol === 'https:' ? tlsFor(host) : undefined })
  }

  return {
    async fetch(input, init = {}) {
      const { trusted = false, ...rest } = init
      const prepared = input instanceof Request ? await unpackRequest(input, rest) : rest
      const text = input instanceof Request ? input.url : String(input)
      const withHeaders = { ...prepared, headers: withIdentityEncoding(prepared.headers) }
      const response = trusted
        ? await send(text, withHeaders, ca === undefined ? undefined : { ca })
        : await fetchChecked(text, withHeaders)
      if (response.status >= 300 && response.status < 400) {
        response.body?.cancel().catch(() => undefined)
        throw redirectRefused({ extensions: { reason: 'redirect' } })
      }
      return response
    },
    checkUrl(url, path = '') {
      const verdict = parseOutgoingAddress(url, { allowLoopback })
      if (!verdict.ok) throw refusal(verdict.problem, path)
    },
  }
}

/** The URL names the checked address, the Host header, SNI and certificate check name the host: no second look-up. */
async function sendPinned(options: {
  url: URL
  host: string
  resolution: Resolution
  init: RequestInit
  tls: Bun.TLSOptions | undefined
}): Promise<Response> {
  const { url, resolution, init, tls } = options
  const headers = new Headers(init.headers)
  headers.set('host', url.host)
  const replayable = init.body === undefined || init.body === null || typeof init.body === 'string'
  const candidates = resolution.addresses.slice(0, replayable ? addressesTriedMax : 1)
  let failure: unknown
  for (const { address } of candidates) {
    const pinned = new URL(url)
    pinned.hostname = address.includes(':') ? `[${address}]` : address
    try {
      return await send(pinned.href, { ...init, headers }, tls)
    } catch (error) {
      throwIfAborted(init.signal)
      failure = error
      // Only a connection that was never made may be tried at the next address: nothing was sent.
      if (!isNeverConnected(error)) throw error
    }
  }
  throw failure
}

async function send(url: string, init: RequestInit, tls: Bun.TLSOptions | undefined): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'manual', decompress: false, ...(tls ? { tls } : {}) })
  } catch (error) {
    throwIfAborted(init.signal)
    throw upstreamUnreachable({ cause: error, extensions: { reason: isTlsFailure(error) ? 'tls' : 'connection' } })
  }
}

function refusal(problem: string, path = ''): Error {
  return addressRefused({
    detail: problem,
    errors: [{ path, message: problem }],
    extensions: { reason: 'address' },
  })
}

function throwIfAborted(signal: AbortSignal | null | undefined): void {
  if (signal?.aborted) throw signal.reason
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

function isNeverConnected(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return ['ConnectionRefused', 'FailedToOpenSocket', 'ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH'].includes(
    codeOf(cause),
  )
}

function isTlsFailure(error: unknown): boolean {
  return /TLS|SSL|CERT|VERIFY|ISSUER|SIGNED/.test(codeOf(error))
}

function withIdentityEncoding(headers: RequestInit['headers']): Headers {
  const out = new Headers(headers)
  // A compressed answer is a bomb until shown otherwise; what comes compressed anyway is unpacked with a bound.
  out.set('accept-encoding', 'identity')
  return out
}

/** Our callers pass plain options; a Request's body is read first so that it can be sent to a pinned address. */
async function unpackRequest(request: Request, init: RequestInit): Promise<RequestInit> {
  const body = request.method === 'GET' || request.method === 'HEAD' ? undefined : await request.text()
  return { method: request.method, headers: request.headers, signal: request.signal, body, ...init }
}

async function withinDeadline<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal?.aborted) throw signal.reason
  return await new Promise<T>((settle, fail) => {
    const onAbort = (): void => fail(signal?.reason)
    const timer = setTimeout(() => fail(new Error('the DNS look-up timed out')), lookupTimeoutMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    work.then(settle, fail).finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    })
  })
}

async function lookupAll(host: string): Promise<string[]> {
  const found = await systemLookup(host, { all: true, order: 'ipv4first' })
  return found.map(({ address }) => address)
}
