import type { CoreDatabase } from '../../data/core-database.ts'
import { giveBackSignInTry, type TakenTry, takeSignInTry, type TryKeys } from '../../data/sign-in-tries.data.ts'
import type { Clock } from '../../platform/clock.ts'
import { serverBusy } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { occurrenceOf } from '../../platform/refused-attempts.ts'
import { invalidCredentials, tooManySignIns } from './sign-in.errors.ts'

/** Keeps guesses of passwords few, without keeping anybody else out (guarantee B4). */
export interface SignInTries {
  /**
   * Runs a sign-in as one try of an account from an address. Only a wrong guess counts: `auth.invalid_credentials`.
   * Throws `limit.sign_ins` 429 once there were too many, whether or not there is such an account, and `server.busy`.
   */
  guard<T>(who: { account: string; network: string }, signIn: () => Promise<T>): Promise<T>
}

const pairMax = 10
/** Of all accounts together: a whole office may share an address, and makes mistakes. */
const addressMax = 100
/** From anywhere. Past it, who comes from a new place is slowed, as others may be guessing from many. */
const accountUnslowedMax = 100
const slowedForMs = 2_000
const slowedAtOnceMax = 4
const slowedRetrySeconds = 5
/** Tries of one pair go one after the other, so that many right ones at once are not taken for wrong guesses. */
const waitingMax = 32
const refusalsKeptMax = 100_000

/**
 * Counts in the core database, which every replica and every sign-in needs anyway (decision 0021). What a process was
 * told to be refused it refuses by itself until the window ends on the monotonic clock, so a flood of guesses costs the
 * database nothing and no step of a clock unlocks it (D11).
 */
export function createSignInTries(parts: { core: CoreDatabase; clock: Clock; log: Log }): SignInTries {
  const { core, clock } = parts
  const refusedUntilMs = new Map<string, number>()
  const inTurn = createTurns(waitingMax)
  const slowed = new Map<string, number>()

  function ensureNotRefused(keys: TryKeys): void {
    const untilMs = refusedUntilMs.get(keys.pair)
    if (untilMs === undefined) return
    const endsInMs = untilMs - clock.monotonicMs()
    if (endsInMs > 0) throw refuse({ scope: 'account_and_address', limit: pairMax, endsInMs, now: clock.now() })
    refusedUntilMs.delete(keys.pair)
  }

  function refuseTaken(keys: TryKeys, { refusedBy, endsInMs }: TakenTry): void {
    if (refusedBy === null) return
    if (refusedBy === 'address') throw refuse({ scope: refusedBy, limit: addressMax, endsInMs, now: clock.now() })
    if (refusedUntilMs.size >= refusalsKeptMax) refusedUntilMs.clear()
    refusedUntilMs.set(keys.pair, clock.monotonicMs() + endsInMs)
    throw refuse({ scope: refusedBy, limit: pairMax, endsInMs, now: clock.now() })
  }

  /** Lets few at a time go on, and late: guesses become rare, and the right one among them still gets in. */
  async function slowDown(account: string): Promise<void> {
    const others = slowed.get(account) ?? 0
    if (others >= slowedAtOnceMax) {
      const endsInMs = slowedRetrySeconds * 1000
      throw refuse({ scope: 'account', limit: accountUnslowedMax, endsInMs, now: clock.now() })
    }
    slowed.set(account, others + 1)
    await Bun.sleep(slowedForMs)
    const left = (slowed.get(account) ?? 1) - 1
    if (left > 0) slowed.set(account, left)
    else slowed.delete(account)
  }

  async function tryOnce<T>(keys: TryKeys, signIn: () => Promise<T>): Promise<T> {
    ensureNotRefused(keys)
    const taken = await takeSignInTry(core.db, keys, { pairMax, addressMax })
    refuseTaken(keys, taken)
    let wasWrong = false
    let hasSucceeded = false
    try {
      if (taken.accountSpent > accountUnslowedMax && !taken.isKnown) await slowDown(keys.account)
      const result = await signIn()
      hasSucceeded = true
      return result
    } catch (error) {
      wasWrong = invalidCredentials.is(error)
      throw error
    } finally {
      if (!wasWrong) {
        await giveBackSignInTry(core.db, keys, hasSucceeded).catch((err: unknown) =>
          parts.log.warn({ err }, 'a sign-in stays counted as a failed one'),
        )
      }
    }
  }

  return {
    guard({ account, network }, signIn) {
      const keys: TryKeys = {
        pair: core.digest(`sign-in of ${account} from ${network}`),
        address: core.digest(`sign-in from ${network}`),
        account: core.digest(`sign-in of ${account}`),
      }
      return inTurn(keys.pair, () => tryOnce(keys, signIn))
    },
  }
}

/** Runs what has the same key one after the other; `server.busy` 503 when too many wait. */
function createTurns(max: number): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const turns = new Map<string, { last: Promise<unknown>; waiting: number }>()
  return async (key, work) => {
    const turn = turns.get(key) ?? { last: Promise.resolve(), waiting: 0 }
    if (turn.waiting >= max) {
      throw serverBusy({ detail: 'Too many sign-ins at once. Try again in a moment.', headers: { 'retry-after': '2' } })
    }
    turns.set(key, turn)
    turn.waiting++
    const running = turn.last.then(work)
    turn.last = running.catch(() => undefined)
    try {
      return await running
    } finally {
      turn.waiting--
      if (turn.waiting === 0) turns.delete(key)
    }
  }
}

function refuse(refusal: { scope: string; limit: number; endsInMs: number; now: Date }): Error {
  const tell = (wait: string): string =>
    `There were too many failed sign-ins. Try again in ${wait}, or reset the password.`
  return tooManySignIns(occurrenceOf({ ...refusal, spent: refusal.limit, tell }))
}
