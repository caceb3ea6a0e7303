/** Tells which origin is the server's own, for cookies and links. */
export interface OwnOrigin {
  /** The one that `PUBLIC_URL` names. */
  publicOrigin: string | undefined
  /** Whether the request comes from a page that this server itself served. */
  matches(request: Request): boolean
  /** Whether the server is reached by https, so that cookies must be Secure. */
  isSecure(request: Request): boolean
  /**
   * The address that links begin with: `PUBLIC_URL`, else the request's own. Only for what goes back to the caller: in a
   * mail to somebody else the Host header would decide where its link leads.
   */
  addressOf(request: Request): string
}

/** From `PUBLIC_URL`, else from the request's own address (behind trusted proxies, as X-Forwarded-Proto tells). */
export function createOwnOrigin(options: { publicUrl: string | undefined; trustedProxyHops: number }): OwnOrigin {
  const publicOrigin = options.publicUrl ? new URL(options.publicUrl).origin : undefined

  function protocolOf(request: Request): string {
    const forwarded = options.trustedProxyHops > 0 ? request.headers.get('x-forwarded-proto') : null
    return forwarded?.split(',').at(-1)?.trim() ?? new URL(request.url).protocol.slice(0, -1)
  }
  function originOf(request: Request): string {
    return publicOrigin ?? `${protocolOf(request)}://${new URL(request.url).host}`
  }
  return {
    publicOrigin,
    matches: (request) => request.headers.get('origin') === originOf(request),
    addressOf: (request) => options.publicUrl ?? originOf(request),
    isSecure: (request) => originOf(request).startsWith('https:'),
  }
}
