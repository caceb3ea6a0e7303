import type { Change, ChangeFeed } from '../data/change-feed.ts'
import type { UsageLedger } from '../data/usage.data.ts'
import { AppError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { AnswerStream } from './answer-stream.ts'

/** Somebody who reads, and what decides whether it may go on. */
export interface Access {
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
  /** Keeps an answer's lease, and cuts it when whoever asked for it loses access. */
  add(answer: Access & { stream: AnswerStream }): void
  /** Watches a reader that came back to an answer; the function it gives ends the watch. */
  watch(reader: Access & { cut: (error: AppError) => void }): () => void
  /** The answer of this id, if it is under way here. */
  find(streamId: string): AnswerStream | undefined
  /** From now on `ensureOpen` throws this. */
  refuse(error: AppError): void
  /** Throws when no new answer may begin, as the server stops. */
  ensureOpen(): void
  /** Cuts every answer, as when the server stops. */
  cutAll(error: AppError): void
  readonly size: number
  /** Resolves when none is under way any more. */
  drained(): Promise<void>
  stop(): void
}

type Watched = Access & { cut: (error: AppError) => void }

const leaseRenewedEveryMs = 30_000
/** In a dedicated tenant's database nobody listens: what changed there by hand is looked for (guarantee A10: 5 s). */
const recheckedEveryMs = 2_000

/**
 * Keeps the leases of running calls and cuts answers whose reader lost access: at each change that concerns them they
 * are checked again, so a suspended tenant's streams end within moments (guarantee A10).
 */
export function createOpenAnswers(options: { feed: ChangeFeed; ledger: UsageLedger; log: Log }): OpenAnswers {
  const open = new Map<string, AnswerStream>()
  const watched = new Set<Watched>()
  const waiting: (() => void)[] = []
  let refusal: AppError | undefined

  const concerns = (answer: Access, change: Change): boolean => {
    const [first, second] = change.ids
    if (change.kind === 'tenant') return answer.tenantId === first
    if (change.kind === 'user') return answer.userId === first
    if (change.kind === 'session' || change.kind === 'api_key') return answer.signedInBy === first
    return change.kind === 'tenant_user' && answer.tenantId === first && answer.userId === second
  }

  async function recheck(reader: Watched): Promise<void> {
    try {
      await reader.recheck()
    } catch (error) {
      // A check that could not be made is no reason to cut; the change feed tells again when it is back.
      if (error instanceof AppError && error.status < 500) reader.cut(error)
      else options.log.warn({ err: error }, 'the reader of an open answer could not be checked again')
    }
  }

  function watch(reader: Watched): () => void {
    watched.add(reader)
    return () => watched.delete(reader)
  }

  options.feed.onChange((change) => {
    if (change?.kind === 'stop_stream') return open.get(change.ids[0] ?? '')?.stop()
    for (const reader of watched) if (!change || concerns(reader, change)) void recheck(reader)
  })

  async function forgetWhenSettled(stream: AnswerStream, unwatch: () => void): Promise<void> {
    await stream.settled
    unwatch()
    open.delete(stream.streamId)
    if (open.size === 0) for (const resolve of waiting.splice(0)) resolve()
  }

  const renewing = setInterval(() => {
    options.ledger
      .renewLeases([...open.keys()])
      .catch((err: unknown) => options.log.warn({ err }, 'leases could not be renewed'))
  }, leaseRenewedEveryMs)
  renewing.unref()

  const rechecking = setInterval(() => {
    for (const reader of watched) if (!reader.isHeardOf) void recheck(reader)
  }, recheckedEveryMs)
  rechecking.unref()

  return {
    add({ stream, ...access }) {
      open.set(stream.streamId, stream)
      void forgetWhenSettled(stream, watch({ ...access, cut: (error) => stream.cut(error) }))
    },
    watch,
    find: (streamId) => open.get(streamId),
    refuse(error) {
      refusal = error
    },
    ensureOpen() {
      if (refusal) throw refusal
    },
    cutAll(error) {
      for (const stream of open.values()) stream.cut(error)
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
