import { forgetAttempts, giveBackAttempt, takeAttempt } from '../../data/attempts.data.ts'
import { type AuditActor, insertAudit } from '../../data/audit.data.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import type { Directories } from '../../data/directories.ts'
import { forgetWrongPasswords, noteWrongPassword } from '../../data/sign-in-sessions.data.ts'
import { challenge, type SignedInPrincipal, tokenInvalid } from '../../http/identity.ts'
import type { Clock } from '../../platform/clock.ts'
import { defineError } from '../../platform/errors.ts'
import { occurrenceOf } from '../../platform/refused-attempts.ts'

/** Too many wrong passwords where the current one is asked for. */
const tooManyGuesses = defineError({
  code: 'limit.password_guesses',
  status: 429,
  title: 'Too many wrong passwords',
})

/** As at sign-in (guarantee B4); here whoever guesses has a token, so the session is what is counted. */
const guessesMax = 10
const windowMs = 15 * 60_000
/** Since the last right one: whoever is that far does not know it, and may have found the token. */
const wrongInSessionMax = 20

/** What counting guesses stands on. */
export interface GuessParts {
  core: CoreDatabase
  directories: Directories
  clock: Clock
}

/**
 * Looks at the current password of somebody who is signed in, at most ten wrong ones in 15 minutes: then
 * `limit.password_guesses` 429, from whatever address. Only wrong ones count. The twentieth since the last right one
 * ends the session (401 `auth.token_invalid`, audited): a stolen token is no way to learn the password.
 * @param verify whether it is right
 */
export async function checkCurrentPassword(
  parts: GuessParts,
  who: { principal: SignedInPrincipal; actor: AuditActor },
  verify: () => Promise<boolean>,
): Promise<boolean> {
  const { core, clock } = parts
  const key = core.digest(`password in session ${who.principal.sessionId}`)
  const { allowed, endsInMs } = await takeAttempt(core.db, { key, max: guessesMax, windowMs })
  if (!allowed) {
    const tell = (wait: string): string =>
      `There were too many wrong passwords. Try again in ${wait}, or reset the password.`
    const counted = { scope: 'session', limit: guessesMax, spent: guessesMax }
    throw tooManyGuesses(occurrenceOf({ ...counted, endsInMs, now: clock.now(), tell }))
  }
  let isRight: boolean
  try {
    isRight = await verify()
  } catch (error) {
    await giveBackAttempt(core.db, key)
    throw error
  }
  if (!isRight) {
    await noteWrong(parts, who)
    return false
  }
  await forgetAttempts(core.db, key)
  await forgetWrongPasswords(core.db, who.principal.sessionId)
  return true
}

async function noteWrong(
  parts: GuessParts,
  { principal, actor }: { principal: SignedInPrincipal; actor: AuditActor },
): Promise<void> {
  const id = principal.sessionId
  const hasEnded = await parts.core.write(async (database) => {
    if (!(await noteWrongPassword(database, { id, wrongMax: wrongInSessionMax }))) return false
    await insertAudit(database, actor, {
      action: 'session.ended',
      targetType: principal.scope === 'core' ? 'user' : 'tenant_user',
      targetId: principal.userId,
      tenantId: principal.tenantId,
      outcome: 'denied',
      after: { reason: 'too many wrong passwords' },
    })
    return true
  })
  if (!hasEnded) return
  parts.directories.forget({ kind: 'session', ids: [id] })
  throw tokenInvalid({
    detail: 'Too many wrong passwords: this session has ended. Sign in again.',
    headers: challenge,
  })
}
