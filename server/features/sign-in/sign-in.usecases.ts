import { createHash, randomBytes } from 'node:crypto'
import { type AuditActor, insertAudit } from '../../data/audit.data.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import type { Directories } from '../../data/directories.ts'
import { storeSetupToken, useSetupToken } from '../../data/installation.data.ts'
import type { Database } from '../../data/postgres.ts'
import type { TenantDatabases } from '../../data/tenant-databases.ts'
import {
  insertSignInSession,
  type NewSignInSession,
  revokeSignInSessionsOf,
  withSessionsOf,
} from '../../data/sign-in-sessions.data.ts'
import {
  findTenantUserByEmail,
  linkTenantUser,
  lockTenantUserIfPassword,
  updateTenantUserIfPassword,
} from '../../data/tenant-users.data.ts'
import {
  countActiveSuperusersLocked,
  findUserByEmail,
  hasSuperuser,
  insertUser,
  lockUserIfPassword,
  updateUser,
  updateUserIfPassword,
} from '../../data/users.data.ts'
import { belongsToTenant } from '../../data/membership.ts'
import { emailTaken, ensureTenantServes } from '../../http/tenant-gate.ts'
import type { Clock } from '../../platform/clock.ts'
import { newUserId, type TenantId, type UserId } from '../../platform/ids.ts'
import type { Passwords } from '../../platform/passwords.ts'
import type { IssuedTokens, SessionSubject, SignInSessions } from './sessions.usecases.ts'
import type { SignInTries } from './sign-in-tries.ts'
import { invalidCredentials, setupDone, setupTokenInvalid, userInactive } from './sign-in.errors.ts'

/** What sign-in stands on. */
export interface SignInParts {
  core: CoreDatabase
  databases: TenantDatabases
  directories: Directories
  passwords: Passwords
  sessions: SignInSessions
  signInTries: SignInTries
  clock: Clock
}

/** An attempt to sign in: to the platform, or to the tenant that the request names. */
export interface SignInAttempt {
  email: string
  password: string
  tenantId: TenantId | null
  transport: 'body' | 'cookie'
  /** Where it comes from. */
  network: string
}

/** Whom a password was verified for, and what stores a session as long as that password stands. */
interface Verified {
  subject: SessionSubject
  store: (session: NewSignInSession) => Promise<boolean>
}

/** A change between the check and the session is rare; more than a few in a row is no honest sign-in. */
const triesMax = 3

/**
 * Signs in. An unknown address or tenant costs and answers what a wrong password does; that a tenant is inactive or an
 * account switched off is told only after the right password. The session starts only if the user's row is still as it
 * was verified; if not, the password is checked anew: it may be the same one under a newer hash, a reset, or switched
 * off. Throws `limit.sign_ins` 429 after too many wrong guesses.
 */
export function signIn(parts: SignInParts, attempt: SignInAttempt): Promise<IssuedTokens> {
  // Whatever the tenant: with a platform user's address all of them ask for one and the same password.
  const who = { account: attempt.email.toLowerCase(), network: attempt.network }
  return parts.signInTries.guard(who, () => signInUnguarded(parts, attempt))
}

async function signInUnguarded(parts: SignInParts, attempt: SignInAttempt): Promise<IssuedTokens> {
  for (let tries = 0; tries < triesMax; tries++) {
    const { subject, store } =
      attempt.tenantId === null
        ? await signInToPlatform(parts, attempt)
        : await signInToTenant(parts, attempt, attempt.tenantId)
    const issued = await parts.sessions.start(subject, attempt.transport, store)
    if (issued) return issued
  }
  throw refuse()
}

async function signInToPlatform(parts: SignInParts, attempt: SignInAttempt): Promise<Verified> {
  const user = await findUserByEmail(parts.core.db, attempt.email)
  const verifiedHash = await checkPassword(parts, attempt.password, user?.passwordHash ?? null, async (old, hash) => {
    if (user) await updateUserIfPassword(parts.core.db, { id: user.id, verifiedHash: old }, { passwordHash: hash })
  })
  if (!user) throw refuse()
  if (!user.isActive) throw switchedOff()
  const { isOwner, isSuperuser, tenantId } = user
  return {
    subject: { userId: user.id, scope: 'core', tenantId, isOwner, isSuperuser },
    store: (session) => parts.core.write((database) => insertForUser(database, { id: user.id, verifiedHash }, session)),
  }
}

async function signInToTenant(parts: SignInParts, attempt: SignInAttempt, tenantId: TenantId): Promise<Verified> {
  const tenant = await parts.directories.tenant(tenantId)
  // Nobody is in a database that was never made. That is told like everything else, after the right password.
  const isMade = tenant && (tenant.isolation === 'pooled' || tenant.databaseName !== null)
  const scope = isMade ? parts.databases.scopeOf(tenant) : undefined
  const [row, platformUser] = await Promise.all([
    tenant && scope ? scope.read((database) => findTenantUserByEmail(database, tenant.id, attempt.email)) : undefined,
    findUserByEmail(parts.core.db, attempt.email),
  ])
  const linked =
    platformUser && tenant && belongsToTenant(platformUser, tenant) && (!row || row.coreUserId === platformUser.id)
  const known = linked ? platformUser.passwordHash : row && !row.coreUserId ? row.passwordHash : null
  const verifiedHash = await checkPassword(parts, attempt.password, known, async (old, passwordHash) => {
    if (linked) await updateUserIfPassword(parts.core.db, { id: platformUser.id, verifiedHash: old }, { passwordHash })
    else if (row && scope && tenant) {
      const user = { tenantId: tenant.id, id: row.id, verifiedHash: old }
      await scope.write((database) => updateTenantUserIfPassword(database, user, { passwordHash }))
    }
  })
  if (!tenant) throw refuse()
  if ((row && !row.isActive) || (linked && !platformUser.isActive)) throw switchedOff()
  ensureTenantServes(tenant)
  if (!scope) throw refuse()
  if (linked && !row && !(await scope.write((database) => linkTenantUser(database, tenant.id, platformUser)))) {
    throw emailTaken({ detail: 'A user of this tenant already has your address.' })
  }
  const userId: UserId | undefined = row?.id ?? (linked ? platformUser.id : undefined)
  if (!userId) throw refuse()
  return {
    subject: {
      userId,
      scope: 'tenant',
      tenantId: tenant.id,
      isOwner: false,
      isSuperuser: false,
      passwordEpoch: row?.passwordEpoch,
    },
    // The row stays locked until the session is committed: whoever resets the password ends sessions after that.
    store: (session) =>
      scope.write(async (database) => {
        const user = { tenantId: tenant.id, id: userId, verifiedHash: linked ? null : verifiedHash }
        if (!(await lockTenantUserIfPassword(database, user))) return false
        return withSessionsOf({ tenant, database, core: parts.core }, async (sessions) => {
          if (linked) return insertForUser(sessions, { id: platformUser.id, verifiedHash }, session)
          await insertSignInSession(sessions, session)
          return true
        })
      }),
  }
}

/** Runs in a transaction, as the platform user's row must stay locked until the session is committed. */
async function insertForUser(
  database: Database,
  user: { id: UserId; verifiedHash: string },
  session: NewSignInSession,
): Promise<boolean> {
  if (!(await lockUserIfPassword(database, user))) return false
  await insertSignInSession(database, session)
  return true
}

/**
 * The hash that stands for the verified password: of an older kind it was replaced, unless somebody was faster, and
 * then starting the session fails and the sign-in looks anew.
 */
async function checkPassword(
  parts: SignInParts,
  password: string,
  hash: string | null,
  replace: (old: string, hash: string) => Promise<void>,
): Promise<string> {
  const { ok, rehash } = await parts.passwords.verify(password, hash)
  if (!ok || hash === null) throw refuse()
  if (!rehash) return hash
  const next = await parts.passwords.hash(password)
  await replace(hash, next)
  return next
}

const setupTokenMinutes = 60

/** Makes the one-time token that the first superuser is made with; any older one stops working. */
export async function makeSetupToken(parts: { core: CoreDatabase; clock: Clock }): Promise<string | undefined> {
  if (await hasSuperuser(parts.core.db)) return undefined
  const token = randomBytes(32).toString('base64url')
  const expiresAt = new Date(parts.clock.now().getTime() + setupTokenMinutes * 60_000)
  await storeSetupToken(parts.core.db, { hash: hashSetupToken(token), expiresAt })
  return token
}

/** Makes the first superuser with the one-time token and signs it in; exactly one caller wins. */
export async function setUpFirstSuperuser(
  parts: SignInParts,
  request: {
    token: string
    email: string
    password: string
    fullName: string | null
    transport: 'body' | 'cookie'
    actor: AuditActor
  },
): Promise<IssuedTokens> {
  if (await hasSuperuser(parts.core.db)) throw setupDone({ detail: 'There is a superuser already. Sign in instead.' })
  const passwordHash = await parts.passwords.hash(request.password)
  const user = await parts.core.write(async (database) => {
    const first = (await countActiveSuperusersLocked(database)) === 0 && !(await hasSuperuser(database))
    if (!first) throw setupDone({ detail: 'There is a superuser already. Sign in instead.' })
    if (!(await useSetupToken(database, hashSetupToken(request.token), parts.clock.now()))) {
      throw setupTokenInvalid({
        detail: 'The link is used up or older than an hour. Restart the server for a new one.',
      })
    }
    const made = await insertUser(database, {
      id: newUserId(),
      email: request.email,
      fullName: request.fullName,
      passwordHash,
      isVerified: true,
      isSuperuser: true,
    })
    if (!made) throw emailTaken({ detail: 'A user with this address exists already.' })
    const actor = { ...request.actor, actorId: made.id, actorEmail: made.email }
    await insertAudit(database, actor, {
      action: 'user.created',
      targetType: 'user',
      targetId: made.id,
      after: { email: made.email, is_superuser: true },
    })
    return made
  })
  const subject: SessionSubject = { userId: user.id, scope: 'core', tenantId: null, isOwner: false, isSuperuser: true }
  const issued = await parts.sessions.start(subject, request.transport, (session) =>
    parts.core.write((database) => insertForUser(database, { id: user.id, verifiedHash: passwordHash }, session)),
  )
  if (!issued) throw refuse()
  return issued
}

/**
 * Makes a superuser, or gives an existing user that right and the password, which ends its sessions; from the
 * environment or the command line.
 */
export async function ensureSuperuser(
  parts: { core: CoreDatabase; passwords: Passwords },
  wanted: { email: string; password: string },
): Promise<void> {
  const passwordHash = await parts.passwords.hash(wanted.password)
  const actor: AuditActor = { actorId: null, actorEmail: null, requestId: 'start', address: null }
  await parts.core.write(async (database) => {
    const known = await findUserByEmail(database, wanted.email)
    const changes = { passwordHash, isSuperuser: true, isActive: true, isVerified: true }
    const user = known
      ? await updateUser(database, known.id, changes)
      : await insertUser(database, { id: newUserId(), email: wanted.email, ...changes })
    if (known) await revokeSignInSessionsOf(database, { userId: known.id, reason: 'password changed' })
    await insertAudit(database, actor, {
      action: known ? 'user.updated' : 'user.created',
      targetType: 'user',
      targetId: user?.id ?? null,
      after: { email: wanted.email.toLowerCase(), is_superuser: true },
    })
  })
}

function hashSetupToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

function refuse(): Error {
  return invalidCredentials({ detail: 'The e-mail and password do not match.' })
}

function switchedOff(): Error {
  return userInactive({ detail: 'This account is switched off. Ask the people who run this service.' })
}
