import type { Directories } from '../data/directories.ts'
import type { SignInSession } from '../data/sign-in-sessions.data.ts'
import { defineError } from '../platform/errors.ts'
import type { SignInSessionId, TenantId, UserId } from '../platform/ids.ts'
import { findActiveMember } from '../data/membership.ts'
import type { AccessClaims, AccessTokens } from './tokens.ts'

/** Whatever is wrong with a token, the answer is this one (guarantee B1). */
export const tokenInvalid = defineError({
  code: 'auth.token_invalid',
  status: 401,
  title: 'Sign in to continue',
})
/** The user was moved to another tenant since the token was made; refresh gives a new one. */
export const tokenStale = defineError({ code: 'auth.token_stale', status: 401, title: 'The token is out of date' })

/** A platform user: a superuser, an owner, or somebody assigned to a tenant. */
export interface CorePrincipal {
  scope: 'core'
  userId: UserId
  sessionId: SignInSessionId
  email: string
  fullName: string | null
  isVerified: boolean
  isOwner: boolean
  isSuperuser: boolean
  tenantId: TenantId | null
}

/** An end user of one tenant, or a platform user signed in there as its linked row. */
export interface TenantPrincipal {
  scope: 'tenant'
  userId: UserId
  sessionId: SignInSessionId
  tenantId: TenantId
}

/** Who calls. */
export type Principal = CorePrincipal | TenantPrincipal

/** Turns a token into who calls, as things stand now. */
export interface Identity {
  /** The principal of the request's bearer token; throws `auth.token_invalid` or `auth.token_stale` (401). */
  identify(request: Request): Promise<Principal>
  /** The same for claims that were verified before: is this principal still who it was? */
  revalidate(claims: Omit<AccessClaims, 'expiresAt'>): Promise<Principal>
}

/** Identity from memory; each part is loaded once and forgotten when it changes (design §4). */
export function createIdentity(options: { tokens: AccessTokens; directories: Directories; now: () => Date }): Identity {
  const { tokens, directories } = options

  async function revalidate(claims: Omit<AccessClaims, 'expiresAt'>): Promise<Principal> {
    const session = await directories.session(claims.sessionId)
    const alive =
      session !== undefined &&
      session.revokedAt === null &&
      session.expiresAt > options.now() &&
      session.userId === claims.userId &&
      session.scope === claims.scope
    if (!alive) throw refuse()
    return claims.scope === 'core' ? identifyCore(claims) : identifyTenantUser(claims, session)
  }

  async function identifyCore(claims: Omit<AccessClaims, 'expiresAt'>): Promise<CorePrincipal> {
    const user = await directories.user(claims.userId)
    if (!user?.isActive) throw refuse()
    if (claims.tenantId !== user.tenantId) {
      throw tokenStale({ detail: 'Your tenant changed since this token was made. Refresh it.', headers: challenge })
    }
    return {
      scope: 'core',
      userId: user.id,
      sessionId: claims.sessionId,
      email: user.email,
      fullName: user.fullName,
      isVerified: user.isVerified,
      isOwner: user.isOwner,
      isSuperuser: user.isSuperuser,
      tenantId: user.tenantId,
    }
  }

  async function identifyTenantUser(
    claims: Omit<AccessClaims, 'expiresAt'>,
    session: SignInSession,
  ): Promise<TenantPrincipal> {
    const tenant = claims.tenantId ? await directories.tenant(claims.tenantId) : undefined
    const row = tenant && (await findActiveMember(directories, tenant, session))
    if (!tenant || !row) throw refuse()
    return { scope: 'tenant', userId: row.id, sessionId: claims.sessionId, tenantId: tenant.id }
  }

  async function readClaims(request: Request): Promise<AccessClaims> {
    const header = request.headers.get('authorization')
    const token = header && /^bearer [\w.~+/=-]+$/i.test(header) ? header.slice(7) : undefined
    const claims = token ? await tokens.verify(token) : undefined
    if (!claims) throw refuse()
    return claims
  }

  return { identify: async (request) => revalidate(await readClaims(request)), revalidate }
}

const challenge = { 'www-authenticate': 'Bearer realm="tenantry"' }

function refuse(): Error {
  return tokenInvalid({
    detail: 'The access token is missing, expired or not valid. Sign in again.',
    headers: challenge,
  })
}
