import ipaddr from 'ipaddr.js'

/**
 * What an address may be used for: `public` always, `loopback` and `private` only where the operator allows it,
 * `refused` never (link-local with the clouds' metadata services, multicast, carrier NAT, IPv4 embedded in IPv6 …).
 */
export type AddressClass = 'public' | 'loopback' | 'private' | 'refused'

/** An address that passed the check which needs no DNS. */
export interface OutgoingAddress {
  url: URL
  /** The host as DNS or a certificate knows it: without IPv6 brackets. */
  host: string
  /** The class of a literal IP; undefined when `host` is a name that must be resolved. */
  literalClass: AddressClass | undefined
}

/** The outcome of `parseOutgoingAddress`: an address, or a sentence that says why not. */
export type OutgoingAddressVerdict = { ok: true; address: OutgoingAddress } | { ok: false; problem: string }

/** The clouds' metadata services that lie in ranges the operator may otherwise allow. */
const metadataAddresses = new Set(['fd00:ec2::254', 'fd20:ce::254'])
const metadataNames = new Set(['metadata.google.internal', 'metadata.goog', 'instance-data.ec2.internal'])
const urlCharactersMax = 2048

/**
 * The class of a literal IPv4 or IPv6 address (no brackets). Ranges: the IANA special-purpose registries, by
 * ipaddr.js; IPv6 outside 2000::/3 is never public, whatever a registry may add later.
 */
export function classifyAddress(address: string): AddressClass {
  if (!ipaddr.isValid(address)) return 'refused'
  const parsed = ipaddr.parse(address)
  const range = parsed.range()
  if (range === 'loopback') return 'loopback'
  if (parsed instanceof ipaddr.IPv4) {
    if (range === 'private') return 'private'
    return range === 'unicast' ? 'public' : 'refused'
  }
  // A scoped address (fe80::1%eth0) names an interface of this machine.
  if (parsed.zoneId || metadataAddresses.has(parsed.toString())) return 'refused'
  if (range === 'uniqueLocal') return 'private'
  const first = parsed.parts[0] ?? 0
  return range === 'unicast' && first >= 0x2000 && first <= 0x3fff ? 'public' : 'refused'
}

/**
 * Parses an outgoing URL and judges everything that can be judged without DNS: scheme, credentials, host name,
 * literal address. The WHATWG parser has already folded decimal, octal, hex, short and full-width spellings of an
 * IPv4 address into the dotted form.
 */
export function parseOutgoingAddress(text: string, options: { allowLoopback: boolean }): OutgoingAddressVerdict {
  const { allowLoopback } = options
  if (text.length > urlCharactersMax) return refuse(`The address is longer than ${urlCharactersMax} characters.`)
  const url = URL.parse(text)
  if (!url) return refuse('This is not an address. Write it like https://api.example.com/v1.')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refuse('The address must start with https://.')
  if (url.username !== '' || url.password !== '') return refuse('The address must not contain a user name or password.')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (host === '') return refuse('The address has no host.')
  const literalClass = ipaddr.isValid(host) ? classifyAddress(host) : undefined
  const problem =
    literalClass === undefined
      ? findNameProblem(host, allowLoopback)
      : findClassProblem(literalClass, { url, allowLoopback })
  if (problem !== undefined) return refuse(problem)
  if (url.protocol === 'http:' && !allowLoopback) return refuse('The address must start with https://.')
  return { ok: true, address: { url, host, literalClass } }
}

/**
 * Why an address of this class may not be reached by this URL, or undefined when it may. Plain http is only for
 * loopback and private addresses: elsewhere it would show the key to everyone on the way.
 */
export function findClassProblem(
  addressClass: AddressClass,
  options: { url: URL; allowLoopback: boolean },
): string | undefined {
  if (addressClass === 'public') {
    return options.url.protocol === 'https:' ? undefined : 'The address must start with https://.'
  }
  if (addressClass !== 'refused' && options.allowLoopback) return undefined
  return 'The address leads to this machine or to a private or reserved network. Use a public address.'
}

function findNameProblem(host: string, allowLoopback: boolean): string | undefined {
  if (host.endsWith('.')) return 'The host must not end with a dot.'
  if (metadataNames.has(host)) return 'The host is a cloud metadata service.'
  if (allowLoopback) return undefined
  if (host === 'localhost' || host.endsWith('.localhost') || host.endsWith('.internal') || host.endsWith('.local')) {
    return 'The host leads to this machine or to a private network. Use a public address.'
  }
  if (!host.includes('.')) return 'The host must be a full name such as api.example.com.'
  return undefined
}

function refuse(problem: string): OutgoingAddressVerdict {
  return { ok: false, problem }
}
