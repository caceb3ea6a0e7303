/** What the server does with pages of an origin. */
export type OriginCheck =
  | { kind: 'nothing' }
  | { kind: 'malformed' }
  | { kind: 'own' | 'allowed' | 'refused'; origin: string }

/**
 * Whether pages at a typed address may call the server at `own`: the server's own pages always may, others only when
 * their origin is listed to the letter (scheme, host and port).
 */
export function checkOrigin(options: { typed: string; own: string; allowed: readonly string[] }): OriginCheck {
  const typed = options.typed.trim()
  if (typed === '') return { kind: 'nothing' }
  const url = URL.parse(typed.includes('://') ? typed : `https://${typed}`)
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.hostname.includes('*')) return { kind: 'malformed' }
  const { origin } = url
  if (origin === URL.parse(options.own)?.origin) return { kind: 'own', origin }
  return { kind: options.allowed.includes(origin) ? 'allowed' : 'refused', origin }
}

/** The line of the environment that allows an origin beside those there are. */
export function writeOriginsLine(options: { allowed: readonly string[]; origin: string }): string {
  return `BACKEND_CORS_ORIGINS=${[...options.allowed, options.origin].join(',')}`
}
