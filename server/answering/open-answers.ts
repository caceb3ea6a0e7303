import type { Change, ChangeFeed } from '../data/change-feed.ts'
import type { UsageLedger } from '../data/usage.data.ts'
import { AppError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { AnswerStream } from './answer-stream.ts'

/** An answer under way, and what decides whether its reader may go on reading. */
export interface OpenAnswer {
  stream: AnswerStream
  tenantId: string
  userId: string
  /** The reader's sign-in session, or its API key. */
  signedInBy: string
  /** Whether changes of the tenant's users are announced by the database. */
  isHeardOf: boolean
  /** Throws when the reader may not enter the tenant any more. */
  recheck: () => Promise<void>
}

/** The answers under way in this process. */
export interface OpenAnswers {
  add(answer: OpenAnswer): void
  readonly size: number
  /** Resolves when none is under way any more. */
  drained(): Promise<void>
  stop(): void
}

const leaseRenewedEveryMs = 30_000
/** In a dedicated tenant's database nobody listens: what changed there by hand is looked for (guarantee A10: 5 s). */
const recheckedEveryMs = 2_000

/**
 * Keeps the leases of running calls and cuts answers whose reader lost access: at each change that concerns them they
 * are checked again, so a suspended tenant's streams end within moments (guarantee A10).
 */
export function createOpenAnswers(options: { feed: ChangeFeed; ledger: UsageLedger; log: Log }): OpenAnswers {
  const open = new Set<OpenAnswer>()
  const waiting: (() => void)[] = []

  const concerns = (answer: OpenAnswer, change: Change): boolean => {
    const [first, second] = change.ids
    if (change.kind === 'tenant') return answer.tenantId === first
    if (change.kind === 'user') return answer.userId === first
    if (change.kind === 'session' || change.kind === 'api_key') return answer.signedInBy === first
    return change.kind === 'tenant_user' && answer.tenantId === first && answer.userId === second
  }

  async function recheck(answer: OpenAnswer): Promise<void> {
    try {
      await answer.recheck()
    } catch (error) {
      // A check that could not be made is no reason to cut; the change feed tells again when it is back.
      if (error instanceof AppError && error.status < 500) answer.stream.cut(error)
      else
        options.log.warn({ err: error, stream_id: answer.stream.streamId }, 'an open answer could not be checked again')
    }
  }

  options.feed.onChange((change) => {
    for (const answer of open) if (!change || concerns(answer, change)) void recheck(answer)
  })

  async function forgetWhenSettled(answer: OpenAnswer): Promise<void> {
    await answer.stream.settled
    open.delete(answer)
    if (open.size === 0) for (const resolve of waiting.splice(0)) resolve()
  }

  const renewing = setInterval(() => {
    const ids = [...open].map((answer) => answer.stream.callId)
    options.ledger.renewLeases(ids).catch((err: unknown) => options.log.warn({ err }, 'leases could not be renewed'))
  }, leaseRenewedEveryMs)
  renewing.unref()

  const rechecking = setInterval(() => {
    for (const answer of open) if (!answer.isHeardOf) void recheck(answer)
  }, recheckedEveryMs)
  rechecking.unref()

  return {
    add(answer) {
      open.add(answer)
      void forgetWhenSettled(answer)
    },
    get size() {
      return open.size
    },
    drained: () => (open.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    stop() {
      clearInterval(renewing)
      clearInterval(rechecking)
    },
  }
}
