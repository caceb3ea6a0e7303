/** Time that Vite may take for one module, its first optimisation of packages included. */
const moduleTimeoutMs = 60_000

/** Of an answer's headers, those that describe the bytes Vite sent; `fetch` has undone its compression. */
const keptHeaders = ['cache-control', 'content-type', 'etag', 'location', 'vary']

/**
 * Forwards console requests to a Vite dev server on loopback, so that API and console share one address. The policy is
 * opened for what hot reload needs: its inline preamble and styles, and the websocket on Vite's own port.
 */
export function createDevForwarder(options: { devServerUrl: string; securityHeaders: Record<string, string> }) {
  const { host, origin } = new URL(options.devServerUrl)
  const policy =
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
    `font-src 'self'; connect-src 'self' ws://${host} http://${host}; worker-src 'self' blob:; base-uri 'none'; ` +
    "form-action 'self'; frame-ancestors 'none'"

  return async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url)
    // Vite answers its base with the slash only; without it, it would show a hint page.
    const path = pathname === '/console' ? '/console/' : pathname
    const upstream = await fetch(origin + path + search, {
      method: request.method,
      headers: { accept: request.headers.get('accept') ?? '*/*', 'accept-encoding': 'identity', ...pickEtag(request) },
      redirect: 'manual',
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(moduleTimeoutMs)]),
    })
    const headers = new Headers({ ...options.securityHeaders, 'content-security-policy': policy })
    for (const name of keptHeaders) {
      const value = upstream.headers.get(name)
      if (value !== null) headers.set(name, value)
    }
    return new Response(upstream.body, { status: upstream.status, headers })
  }
}

function pickEtag(request: Request): Record<string, string> {
  const known = request.headers.get('if-none-match')
  return known === null ? {} : { 'if-none-match': known }
}
