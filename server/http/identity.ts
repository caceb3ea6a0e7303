import type { ApiKey } from '../data/api-keys.data.ts'
import type { Directories } from '../data/directories.ts'
import type { SignInSession } from '../data/sign-in-sessions.data.ts'
import { findActiveMember } from '../data/membership.ts'
import { type ApiKeyScope, isApiKey, isSameHash, readApiKey } from '../platform/api-keys.ts'
import { defineError } from '../platform/errors.ts'
import { addToLogContext } from '../platform/log.ts'
import { parseUserId, type SignInSessionId, type TenantId, type UserId } from '../platform/ids.ts'
import type { ApiKeyUse } from './api-key-use.ts'
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

/** A server of a customer, by one of its tenant's API keys. */
export interface ApiKeyPrincipal {
  scope: 'api_key'
  /** The key's id; its conversations and usage are those of the tenant user with the same id. */
  userId: UserId
  tenantId: TenantId
  name: string
  keyScopes: readonly ApiKeyScope[]
  /** Of the secret that was shown: after a rotation it may be accepted no more, though the key is. */
  secretHash: string
}

/** Somebody who signed in. */
export type SignedInPrincipal = CorePrincipal | TenantPrincipal

/** Who calls. */
export type Principal = SignedInPrincipal | ApiKeyPrincipal

/** What a principal was recognised by, as far as it must still stand. */
export type KnownPrincipal = Omit<AccessClaims, 'expiresAt'> | Pick<ApiKeyPrincipal, 'scope' | 'userId' | 'secretHash'>

/** Turns a token or an API key into who calls, as things stand now. */
export interface Identity {
  /** The principal of the request's bearer token or API key; throws `auth.token_invalid` or `auth.token_stale` (401). */
  identify(request: Request): Promise<Principal>
  /** The same for one that was recognised before: is this principal still who it was? */
  revalidate(principal: KnownPrincipal): Promise<Principal>
}

/** Identity from memory; each part is loaded once and forgotten when it changes (design §4). */
export function createIdentity(options: {
  tokens: AccessTokens
  directories: Directories
  apiKeyUse: ApiKeyUse
  now: () => Date
}): Identity {
  const { tokens, directories } = options

  async function revalidate(known: KnownPrincipal): Promise<Principal> {
    return known.scope === 'api_key' ? identifyApiKey(known.userId, known.secretHash) : identifySignedIn(known)
  }

  async function identifyApiKey(id: UserId, hash: string): Promise<ApiKeyPrincipal> {
    const key = await directories.apiKey(id)
    if (!key || !accepts(key, hash, options.now())) throw refuse()
    return {
      scope: 'api_key',
      userId: key.id,
      tenantId: key.tenantId,
      name: key.name,
      keyScopes: key.scopes,
      secretHash: hash,
    }
  }

  async function identifySignedIn(claims: Omit<AccessClaims, 'expiresAt'>): Promise<SignedInPrincipal> {
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

  async function identify(request: Request): Promise<Principal> {
    const token = readBearerToken(request)
    if (token === undefined) throw refuse()
    if (isApiKey(token)) {
      const shown = readApiKey(token)
      const id = shown && parseUserId(shown.id)
      if (!shown || !id) throw refuse()
      const principal = await identifyApiKey(id, shown.hash)
      options.apiKeyUse.note(principal.userId)
      return principal
    }
    const claims = await tokens.verify(token)
    if (!claims) throw refuse()
    // Already what is loaded to recognise it is its tenant's work.
    if (claims.scope === 'tenant' && claims.tenantId) addToLogContext({ tenant_id: claims.tenantId })
    return identifySignedIn(claims)
  }

  return { identify, revalidate }
}

function readBearerToken(request: Request): string | undefined {
  const header = request.headers.get('authorization')
  return header && /^bearer [\w.~+/=-]+$/i.test(header) ? header.slice(7) : undefined
}

/** Whether a key takes this secret now: its own, or a former one in its grace. */
function accepts(key: ApiKey, hash: string, now: Date): boolean {
  if (key.revokedAt !== null || (key.expiresAt !== null && key.expiresAt <= now)) return false
  if (isSameHash(key.secretHash, hash)) return true
  return key.formerSecrets.some((former) => former.untilMs > now.getTime() && isSameHash(former.hash, hash))
}

/** The header of every 401. */
export const challenge = { 'www-authenticate': 'Bearer realm="tenantry"' }

function refuse(): Error {
  return tokenInvalid({
    detail: 'The access token is missing, expired or not valid. Sign in again.',
    headers: challenge,
  })
}
