import { t } from 'elysia'
import { networkOf } from '../../http/hourly-limit.ts'
import type { OwnOrigin } from '../../http/own-origin.ts'
import { requestInvalid } from '../../http/problem-details.ts'
import { factsOf } from '../../http/request-facts.ts'
import { formKey, type Gates, publicRoutes, signedInRoutes } from '../../http/routes.ts'
import { jsonBody, optionalJsonBody, refuseUnfit } from '../../http/strict-body.ts'
import { auditActorOf, forbidden, readTenantHeader, type TenantGate } from '../../http/tenant-gate.ts'
import { tokenInvalid } from '../../http/identity.ts'
import type { IssuedTokens, SignInSessions } from './sessions.usecases.ts'
import { loginBody, refreshBody, setupBody, tokenForm, tokensView } from './sign-in.schemas.ts'
import { setUpFirstSuperuser, type SignInParts, signIn } from './sign-in.usecases.ts'

const cookieName = 'tenantry_refresh'
const tag = 'Sign-in'

/** Setup, sign-in and refresh. */
export function signInRoutes(parts: SignInParts & { ownOrigin: OwnOrigin; tenantGate: TenantGate }) {
  const { sessions, ownOrigin, tenantGate } = parts

  /** The pair as sent; the refresh token of a cookie session leaves in the cookie only. */
  const answer = (request: Request, issued: IssuedTokens, headers: Record<string, string | number>) => {
    headers['cache-control'] = 'no-store'
    const tokens = {
      access_token: issued.accessToken,
      token_type: 'bearer' as const,
      expires_in: issued.expiresInSeconds,
    }
    if (issued.transport === 'body') return { ...tokens, refresh_token: issued.refreshToken }
    headers['set-cookie'] = writeCookie(issued.refreshToken, issued.sessionSeconds, ownOrigin.isSecure(request))
    return tokens
  }
  const ensureOwnOrigin = (request: Request, transport: 'body' | 'cookie'): void => {
    if (transport === 'body' || ownOrigin.matches(request)) return
    throw forbidden({ detail: 'Cookie sessions are only for pages of this server. Ask for the token in the body.' })
  }

  return publicRoutes('/auth', tag)
    .post(
      '/setup',
      async ({ body, request, set }) => {
        const transport = body.session ?? 'body'
        ensureOwnOrigin(request, transport)
        const issued = await setUpFirstSuperuser(parts, {
          token: body.token,
          email: body.email,
          password: body.password,
          fullName: body.full_name ?? null,
          transport,
          actor: auditActorOf(request, undefined),
        })
        set.status = 201
        return answer(request, issued, set.headers)
      },
      { ...jsonBody(setupBody), response: { 201: tokensView }, detail: { summary: 'Make the first superuser' } },
    )
    .post(
      '/login',
      async ({ body, request, set }) => {
        const transport = body.session ?? 'body'
        ensureOwnOrigin(request, transport)
        const { email, password } = body
        const tenantId = tenantGate.nameTenant(request)
        const issued = await signIn(parts, { email, password, transport, tenantId, network: readNetwork(request) })
        return answer(request, issued, set.headers)
      },
      { ...jsonBody(loginBody), response: { 200: tokensView }, detail: { summary: 'Sign in' } },
    )
    .post(
      '/token',
      async ({ body, request, set }) => {
        if (body.grant_type !== undefined && body.grant_type !== 'password') {
          throw requestInvalid({
            detail: 'grant_type: must be "password"',
            errors: [{ path: 'grant_type', message: 'must be "password"' }],
          })
        }
        const issued = await signIn(parts, {
          email: body.username,
          password: body.password,
          transport: 'body',
          tenantId: tenantGate.nameTenant(request),
          network: readNetwork(request),
        })
        return answer(request, issued, set.headers)
      },
      {
        body: tokenForm,
        // OAuth2 clients may send further members (RFC 6749 §3.2: unrecognised ones are ignored).
        transform: ({ body }) => refuseUnfit(body),
        response: { 200: tokensView },
        detail: { summary: 'Sign in by the OAuth2 password form', [formKey]: true },
      },
    )
    .post(
      '/refresh',
      async ({ body, request, set }) => {
        const named = readTenantHeader(request)
        const issued = body?.refresh_token
          ? await sessions.refresh(body.refresh_token, 'body', named)
          : await refreshByCookie(request, named)
        return answer(request, issued, set.headers)
      },
      {
        ...optionalJsonBody(refreshBody),
        response: { 200: tokensView },
        detail: { summary: 'Get the next pair of tokens' },
      },
    )

  function refreshByCookie(
    request: Request,
    named: ReturnType<typeof readTenantHeader>,
  ): ReturnType<SignInSessions['refresh']> {
    const cookie = readCookie(request)
    if (cookie === undefined) {
      throw tokenInvalid({ detail: 'Send refresh_token, or the cookie of a session made with session "cookie".' })
    }
    // The browser adds the cookie by itself, so only a page of this server may use it.
    if (!ownOrigin.matches(request)) throw forbidden({ detail: 'The cookie is only for pages of this server.' })
    return sessions.refresh(cookie, 'cookie', named)
  }
}

/** Sign-out. */
export function signOutRoutes(parts: { sessions: SignInSessions; gates: Gates; ownOrigin: OwnOrigin }) {
  return signedInRoutes(parts.gates, '/auth', tag).post(
    '/logout',
    async ({ principal, request, set }) => {
      await parts.sessions.end(principal)
      if (readCookie(request) !== undefined) {
        set.headers['set-cookie'] = writeCookie('', 0, parts.ownOrigin.isSecure(request))
      }
      set.status = 204
    },
    { response: { 204: t.Void() }, detail: { summary: 'Sign out' } },
  )
}

function readNetwork(request: Request): string {
  return networkOf(factsOf(request).address ?? 'unknown')
}

function readCookie(request: Request): string | undefined {
  const cookies = request.headers.get('cookie')?.split(';') ?? []
  const found = cookies.map((cookie) => cookie.trim()).find((cookie) => cookie.startsWith(`${cookieName}=`))
  return found?.slice(cookieName.length + 1) || undefined
}

function writeCookie(value: string, maxAgeSeconds: number, secure: boolean): string {
  return `${cookieName}=${value}; Max-Age=${maxAgeSeconds}; Path=/auth; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`
}
