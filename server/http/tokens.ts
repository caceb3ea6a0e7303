import { createHash } from 'node:crypto'
import { jwt } from '@elysiajs/jwt'
import {
  parseSignInSessionId,
  parseTenantId,
  parseUserId,
  type SignInSessionId,
  type TenantId,
  type UserId,
} from '../platform/ids.ts'

/** What an access token says; what its flags allow is read from the database. */
export interface AccessClaims {
  userId: UserId
  scope: 'core' | 'tenant'
  sessionId: SignInSessionId
  tenantId: TenantId | null
  /** Seconds since 1970. */
  expiresAt: number
}

/** Signs and verifies access tokens (RFC 9068 header, RFC 8725 practice). */
export interface AccessTokens {
  readonly lifetimeSeconds: number
  sign(claims: Omit<AccessClaims, 'expiresAt'> & { isOwner: boolean; isSuperuser: boolean }): Promise<string>
  /** The claims of a valid token, undefined for every other text. */
  verify(token: string): AccessClaims | undefined | Promise<AccessClaims | undefined>
}

const issuer = 'tenantry'
const audience = 'tenantry-api'
const type = 'at+jwt'
const verifiedMax = 50_000
const tokenCharactersMax = 4096

/**
 * Access tokens by @elysiajs/jwt, whose own verification accepts any HS algorithm, issuer and audience and no expiry:
 * everything is demanded here. A verified token is remembered until it expires (17 µs saved a request, design §9).
 * The key id picks between the current and the previous secret.
 */
export function createAccessTokens(options: {
  secret: string
  previousSecret: string | undefined
  algorithm: 'HS256' | 'HS384' | 'HS512'
  lifetimeSeconds: number
  now: () => Date
}): AccessTokens {
  const signer = makeSigner(options.secret, options.algorithm)
  const signers = [signer, ...(options.previousSecret ? [makeSigner(options.previousSecret, options.algorithm)] : [])]
  const verified = new Map<string, AccessClaims>()

  async function verifySlowly(token: string): Promise<AccessClaims | undefined> {
    const keyId = readKeyId(token)
    const known = signers.find((candidate) => candidate.keyId === keyId)
    if (!known) return undefined
    const payload = await known.jwt.verify(token, {
      algorithms: [options.algorithm],
      issuer,
      audience,
      typ: type,
      requiredClaims: ['sub', 'scope', 'sid', 'jti', 'iat', 'exp'],
      maxTokenAge: options.lifetimeSeconds,
      clockTolerance: 5,
      currentDate: options.now(),
    })
    const claims = payload ? readClaims(payload) : undefined
    // A token that outlives what this server ever issues was not made by its rules.
    if (!claims || claims.expiresAt - options.now().getTime() / 1000 > options.lifetimeSeconds + 5) return undefined
    if (verified.size >= verifiedMax) {
      const oldest = verified.keys().next()
      if (!oldest.done) verified.delete(oldest.value)
    }
    verified.set(token, claims)
    return claims
  }

  return {
    lifetimeSeconds: options.lifetimeSeconds,
    sign: (claims) =>
      signer.jwt.sign({
        sub: claims.userId,
        scope: claims.scope,
        sid: claims.sessionId,
        jti: crypto.randomUUID(),
        exp: Math.floor(options.now().getTime() / 1000) + options.lifetimeSeconds,
        ...(claims.tenantId ? { tenant_id: claims.tenantId } : {}),
        ...(claims.isOwner ? { is_owner: true } : {}),
        ...(claims.isSuperuser ? { is_superuser: true } : {}),
      }),
    verify(token) {
      const known = verified.get(token)
      if (known) {
        if (known.expiresAt * 1000 > options.now().getTime()) return known
        verified.delete(token)
        return undefined
      }
      return token.length > tokenCharactersMax ? undefined : verifySlowly(token)
    },
  }
}

function makeSigner(secret: string, algorithm: 'HS256' | 'HS384' | 'HS512') {
  const keyId = createHash('sha256').update(`tenantry kid ${secret}`).digest('base64url').slice(0, 12)
  const plugin = jwt({ name: 'jwt', secret, alg: algorithm, kid: keyId, typ: type, iss: issuer, aud: audience })
  return { keyId, jwt: plugin.decorator.jwt }
}

function readKeyId(token: string): string | undefined {
  const [head] = token.split('.', 1)
  try {
    const header: unknown = JSON.parse(Buffer.from(head ?? '', 'base64url').toString('utf8'))
    return typeof header === 'object' && header !== null && 'kid' in header && typeof header.kid === 'string'
      ? header.kid
      : undefined
  } catch {
    return undefined
  }
}

function readClaims(payload: Record<string, unknown>): AccessClaims | undefined {
  const { sub, scope, sid, tenant_id: tenant, exp } = payload
  const userId = typeof sub === 'string' ? parseUserId(sub) : undefined
  const sessionId = typeof sid === 'string' ? parseSignInSessionId(sid) : undefined
  const tenantId = typeof tenant === 'string' ? parseTenantId(tenant) : undefined
  if (!userId || !sessionId || typeof exp !== 'number') return undefined
  if (scope !== 'core' && scope !== 'tenant') return undefined
  if ((tenant !== undefined && !tenantId) || (scope === 'tenant' && !tenantId)) return undefined
  return { userId, scope, sessionId, tenantId: tenantId ?? null, expiresAt: exp }
}
