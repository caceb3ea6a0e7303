import { isIP } from 'node:net'
import { requestInvalid } from '../../http/problem-details.ts'

/** An origin as browsers send it, and the domain that names it in addresses. */
export interface ReadOrigin {
  origin: string
  /** Host, and port if it is not the scheme's own. */
  domain: string
  /** Whether a TXT record can prove it: not for an address, nor for this machine. */
  isProvable: boolean
}

const loopbackNames = /^(localhost|127\.0\.0\.1|\[::1\])$/
const hostLabels = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/

/**
 * Reads what somebody typed as an origin: https, or http on this machine alone (a developer's frontend). Throws
 * `request.invalid` 422 for paths, wildcards, credentials and everything else that no browser sends as an Origin.
 */
export function readOrigin(text: string): ReadOrigin {
  const url = URL.parse(text.trim())
  if (!url || url.origin === 'null' || !/^https?:$/.test(url.protocol)) {
    throw refuse('must be an origin such as https://chat.example.com')
  }
  if (url.username || url.password || url.search || url.hash || url.pathname !== '/') {
    throw refuse('must be an origin alone: no path, query, fragment or user')
  }
  const host = url.hostname
  const isLoopback = loopbackNames.test(host)
  const isAddress = isIP(host.replace(/^\[|\]$/g, '')) > 0
  if (!isLoopback && !isAddress && (!hostLabels.test(host) || !host.includes('.'))) {
    throw refuse('must name a whole domain; wildcards and a final dot are no part of an origin')
  }
  if (url.protocol === 'http:' && !isLoopback) throw refuse('must begin with https://')
  return { origin: url.origin, domain: url.host, isProvable: !isLoopback && !isAddress }
}

/** The text as a domain of a path, or undefined when it can be none. */
export function parseDomain(text: string): string | undefined {
  return /^[a-z0-9.:[\]-]{1,300}$/.test(text) ? text : undefined
}

function refuse(message: string): Error {
  return requestInvalid({ detail: `origin: ${message}`, errors: [{ path: 'origin', message }] })
}
