import type { CoreDatabase } from '../../data/core-database.ts'
import type { Directories } from '../../data/directories.ts'
import {
  findSignInSession,
  listRefreshTokenUses,
  type NewSignInSession,
  revokeSignInSession,
  rotateRefreshHash,
  type SignInSession,
} from '../../data/sign-in-sessions.data.ts'
import { type SignedInPrincipal, tokenInvalid } from '../../http/identity.ts'
import { findActiveMember } from '../../data/membership.ts'
import { ensureTenantServes, tenantMismatch } from '../../http/tenant-gate.ts'
import type { AccessTokens } from '../../http/tokens.ts'
import type { Clock } from '../../platform/clock.ts'
import { newSignInSessionId, parseSignInSessionId, type TenantId, type UserId } from '../../platform/ids.ts'
import type { RefreshToken, RefreshTokens } from '../../platform/refresh-tokens.ts'

/** A pair of tokens, as issued at sign-in and refresh. */
export interface IssuedTokens {
  accessToken: string
  expiresInSeconds: number
  refreshToken: string
  /** Seconds until the session ends whatever happens. */
  sessionSeconds: number
  transport: 'body' | 'cookie'
}

/** Whom a session is for. */
export interface SessionSubject {
  userId: UserId
  scope: 'core' | 'tenant'
  tenantId: TenantId | null
  isOwner: boolean
  isSuperuser: boolean
  /** Of a tenant's own user: the epoch of the password that was verified. */
  passwordEpoch?: number
}

/** Starts, continues and ends sign-in sessions. */
export interface SignInSessions {
  /**
   * Starts a session for somebody whose password was verified. Undefined when `store` stored none.
   * @param store stores the session if, and under a lock that, the account is active and its password as verified
   */
  start(
    subject: SessionSubject,
    transport: 'body' | 'cookie',
    store: (session: NewSignInSession) => Promise<boolean>,
  ): Promise<IssuedTokens | undefined>
  /**
   * The next pair for a refresh token. Within 10 s of a token's first use everyone who shows it gets the same successor;
   * later reuse ends the session. Throws `auth.token_invalid` 401.
   * @param named the tenant in X-TENANT, which must be one that the new access token may name
   */
  refresh(refreshToken: string, via: 'body' | 'cookie', named: TenantId | null): Promise<IssuedTokens>
  end(principal: SignedInPrincipal): Promise<void>
}

const sessionDays = 30
const reuseGraceMs = 10_000
/** A client has no reason to refresh more often within the grace; the oldest use is then forgotten early. */
const usesRememberedMax = 20

/** Sessions in the core database; the second hands of the clock decide over grace, the database's row lock over races. */
export function createSignInSessions(parts: {
  core: CoreDatabase
  directories: Directories
  accessTokens: AccessTokens
  refreshTokens: RefreshTokens
  clock: Clock
}): SignInSessions {
  const { core, directories, accessTokens, refreshTokens, clock } = parts

  async function issue(subject: SessionSubject, session: IssuedSession): Promise<IssuedTokens> {
    return {
      accessToken: await accessTokens.sign({ ...subject, sessionId: session.id }),
      expiresInSeconds: accessTokens.lifetimeSeconds,
      refreshToken: session.refreshToken,
      sessionSeconds: Math.max(0, Math.floor((session.expiresAt.getTime() - clock.now().getTime()) / 1000)),
      transport: session.transport,
    }
  }

  async function start(
    subject: SessionSubject,
    transport: 'body' | 'cookie',
    store: (session: NewSignInSession) => Promise<boolean>,
  ): Promise<IssuedTokens | undefined> {
    const id = newSignInSessionId()
    const { token, hash } = refreshTokens.make(id)
    const expiresAt = new Date(clock.now().getTime() + sessionDays * 86_400_000)
    const stored = await store({
      id,
      userId: subject.userId,
      scope: subject.scope,
      tenantId: subject.scope === 'tenant' ? subject.tenantId : null,
      passwordEpoch: subject.passwordEpoch,
      transport,
      refreshHash: hash,
      expiresAt,
    })
    return stored ? issue(subject, { id, refreshToken: token, expiresAt, transport }) : undefined
  }

  async function refresh(text: string, via: 'body' | 'cookie', named: TenantId | null): Promise<IssuedTokens> {
    const token = refreshTokens.read(text)
    const id = token && parseSignInSessionId(token.sessionId)
    const session = id && (await findSignInSession(core.db, id))
    if (!token || !session || session.transport !== via) throw refuse()
    if (session.revokedAt || session.expiresAt <= clock.now()) throw refuse()
    const subject = await describeSubject(session)
    if (named !== null && !(await mayName(subject, named))) {
      throw tenantMismatch({ detail: 'X-TENANT names another tenant than your session. Leave it out.' })
    }
    const refreshToken = await rotate(session, token)
    return issue(subject, { id: session.id, refreshToken, expiresAt: session.expiresAt, transport: session.transport })
  }

  async function rotate(session: SignInSession, token: RefreshToken): Promise<string> {
    const successor = token.successor()
    const nextHash = refreshTokens.read(successor)?.hash
    if (!nextHash) throw new Error('a refresh token has no readable successor')
    const now = clock.now()
    const isFresh = ({ usedAtMs }: { usedAtMs: number }): boolean => now.getTime() - usedAtMs <= reuseGraceMs
    // Of the row as it was read: if it has changed since, another hash is current and nothing is written.
    const earlierUses = listRefreshTokenUses(session).filter(isFresh).slice(0, usesRememberedMax)
    const rotation = { id: session.id, currentHash: token.hash, nextHash, earlierUses, now }
    if (session.refreshHash === token.hash && (await rotateRefreshHash(core.db, rotation))) return successor
    // Somebody else used it first: within the grace that is a second tab, later it is a stolen token.
    const latest = await findSignInSession(core.db, session.id)
    const use = latest && listRefreshTokenUses(latest).find(({ hash }) => hash === token.hash)
    if (use && !latest.revokedAt && isFresh(use)) return successor
    await revokeSignInSession(core.db, session.id, 'refresh token reused')
    directories.forget({ kind: 'session', ids: [session.id] })
    throw refuse()
  }

  /** As on every route: the token's own tenant; a superuser any, an owner its own (design §2). */
  async function mayName(subject: SessionSubject, named: TenantId): Promise<boolean> {
    if (named === subject.tenantId) return true
    if (subject.scope === 'tenant') return false
    return subject.isSuperuser || (subject.isOwner && (await directories.tenant(named))?.ownerId === subject.userId)
  }

  async function describeSubject(session: SignInSession): Promise<SessionSubject> {
    if (session.scope === 'core') {
      const user = await directories.user(session.userId)
      if (!user?.isActive) throw refuse()
      const { isOwner, isSuperuser, tenantId } = user
      return { userId: session.userId, scope: 'core', tenantId, isOwner, isSuperuser }
    }
    const tenant = session.tenantId ? await directories.tenant(session.tenantId) : undefined
    if (!tenant || !(await findActiveMember(directories, tenant, session))) throw refuse()
    ensureTenantServes(tenant)
    return { userId: session.userId, scope: 'tenant', tenantId: tenant.id, isOwner: false, isSuperuser: false }
  }

  async function end(principal: SignedInPrincipal): Promise<void> {
    await revokeSignInSession(core.db, principal.sessionId, 'signed out')
    directories.forget({ kind: 'session', ids: [principal.sessionId] })
  }

  return { start, refresh, end }
}

interface IssuedSession {
  id: SignInSession['id']
  refreshToken: string
  expiresAt: Date
  transport: 'body' | 'cookie'
}

function refuse(): Error {
  return tokenInvalid({ detail: 'The refresh token is missing, used up, expired or not valid. Sign in again.' })
}
