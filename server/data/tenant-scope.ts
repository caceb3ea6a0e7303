import type { TenantId, UserId } from '../platform/ids.ts'
import type { ConnectionPool } from './connections.ts'
import type { StoredSource, StoredUsage } from './tenant.schema.ts'
import type { Database } from './postgres.ts'
import { runUnitOfWork, tenantMigrating } from './unit-of-work.ts'

/** A fence stands for two seconds at most, unless the server that moves the tenant died. */
const fenceWaitedMsMax = 20_000
const fenceLookedAfterMs = 25

/** One tenant store: in the core database's server for pooled tenants, in a database of its own for dedicated ones. */
export interface TenantStore {
  pool: ConnectionPool
  /** A tenant user, in one round trip. */
  readUser: (tenantId: TenantId, userId: UserId) => Promise<TenantUserRow | undefined>
  /** The history of a user's own session, in one round trip, after one row of role `session`; no rows when there is none. */
  openTurn: (query: HistoryQuery & { tenantId: TenantId }) => Promise<OpenedTurnRow[]>
  /** Stores a turn's user message together with its reservation. */
  beginTurn: (turn: BegunTurn) => Promise<TurnOutcome>
  /** Stores a turn's answer together with its settlement; safe to repeat. */
  finishTurn: (turn: FinishedTurn) => Promise<TurnOutcome>
}

/** Whether half a turn was stored; `fenced` when its tenant is being moved away from this store, and then nothing was. */
export type TurnOutcome = boolean | 'fenced'

/** Whose history is asked for, and how much of it. */
export interface HistoryQuery {
  userId: UserId
  sessionId: string
  messagesMax: number
}

/** A row of `tenant.open_turn`. */
export interface OpenedTurnRow {
  role: 'session' | 'user' | 'assistant'
  content: string
}

/** A tenant user as identity needs it. */
export interface TenantUserRow {
  id: UserId
  email: string
  fullName: string | null
  coreUserId: UserId | null
  isActive: boolean
  isVerified: boolean
  /** It stands for an API key; nobody signs in as it. */
  isService: boolean
  createdAt: Date
  /** Sessions made in another epoch have ended. */
  passwordEpoch: number
}

/** A message of the history that goes to the model. */
export interface HistoryMessage {
  role: 'user' | 'assistant'
  content: string
}

/** The first half of a turn, as stored beside the upstream call. */
export interface BegunTurn {
  turn: {
    tenant_id: TenantId
    user_id: UserId
    session_id: string
    new_session: boolean
    title: string
    message_id: string
    content: string
  }
  call: ReservedCall
}

/** A model call about to be made: estimated tokens and cost (micro-USD, null without a price). */
export interface ReservedCall {
  id: string
  tenant_id: TenantId
  user_id: UserId | null
  source: 'api' | 'console' | 'api_key' | 'ingestion'
  purpose: 'chat' | 'embedding' | 'test'
  provider: string
  model: string
  prompt_tokens: number
  completion_tokens: number
  cost_micro_usd: number | null
  request_id: string
}

/** How a model call ended. Times in milliseconds. */
export interface SettledCall {
  id: string
  prompt_tokens: number
  completion_tokens: number
  cached_tokens: number
  cost_micro_usd: number | null
  status: 'completed' | 'aborted' | 'failed'
  usage_source: 'provider' | 'estimated'
  first_token_ms: number | null
  /** Null when the replica that made the call did not live to tell; then these are estimates, which the truth replaces. */
  duration_ms: number | null
}

/** The second half of a turn. */
export interface FinishedTurn {
  turn: {
    tenant_id: TenantId
    session_id: string
    message_id: string
    content: string
    status: 'completed' | 'aborted' | 'failed'
    sources: StoredSource[] | null
    cited: number[]
    usage: StoredUsage | null
  }
  call: SettledCall
}

/**
 * The sole door to a tenant's rows. Every transaction is opened under the tenant's row-level-security policies, so a
 * forgotten filter returns nothing foreign. Never hold one across a model stream.
 */
export class TenantScope {
  /** @param relocate finds the store that the tenant is in by now */
  constructor(
    readonly tenantId: TenantId,
    private readonly store: TenantStore,
    private readonly relocate: () => Promise<TenantStore>,
  ) {}

  /** Runs reads in one read-only transaction of one round trip more than the queries need. */
  read<T>(work: (database: Database) => Promise<T>): Promise<T> {
    return runUnitOfWork(this.store.pool, { tenantId: this.tenantId, write: false }, work)
  }

  /** Runs reads that all see the same moment, for copies of everything. */
  snapshot<T>(work: (database: Database) => Promise<T>): Promise<T> {
    return runUnitOfWork(this.store.pool, { tenantId: this.tenantId, write: false, snapshot: true }, work)
  }

  /**
   * Runs writes in one transaction; resolves only once they are committed. While the tenant is being switched to another
   * store they wait and are run anew there, so `work` must begin with a statement, whose refusal ends it, and the caller
   * must not hold rows of core locked, which the switch may need. `tenant.migrating` 503 when that takes too long.
   */
  write<T>(work: (database: Database) => Promise<T>): Promise<T> {
    return this.pastSwitch(async (at) => {
      try {
        return { done: await runUnitOfWork(at.pool, { tenantId: this.tenantId, write: true }, work) }
      } catch (error) {
        if (tenantMigrating.is(error)) return 'fenced'
        throw error
      }
    }).then(({ done }) => done)
  }

  /** Runs writes in a store that takes none, for whoever moves the tenant. */
  writePastFence<T>(work: (database: Database) => Promise<T>): Promise<T> {
    return runUnitOfWork(this.store.pool, { tenantId: this.tenantId, write: true, pastFence: true }, work)
  }

  /** A tenant user by id, in one round trip. */
  findUser(userId: UserId): Promise<TenantUserRow | undefined> {
    return this.store.readUser(this.tenantId, userId)
  }

  /**
   * The last messages of the user's own session, oldest first, in one round trip; undefined when this user has no such
   * session.
   */
  async findHistory(query: HistoryQuery): Promise<HistoryMessage[] | undefined> {
    const rows = await this.store.openTurn({ ...query, tenantId: this.tenantId })
    if (rows.length === 0) return undefined
    return rows.flatMap(({ role, content }) => (role === 'session' ? [] : [{ role, content }]))
  }

  /**
   * Stores the user's message and the call's reservation; false when the session is not the user's (any more), and then
   * only the reservation is stored.
   */
  beginTurn(begun: BegunTurn): Promise<boolean> {
    return this.pastSwitch((store) => store.beginTurn(begun))
  }

  /** Stores the answer and settles the call; false when the session was deleted meanwhile. Safe to repeat. */
  finishTurn(finished: FinishedTurn): Promise<boolean> {
    return this.pastSwitch((store) => store.finishTurn(finished))
  }

  /** What meets a fence waits for the tenant's next place, and is done there: an answer may begin in one store and end in another. */
  private async pastSwitch<T>(attempt: (at: TenantStore) => Promise<T | 'fenced'>): Promise<T> {
    const giveUpAtMs = performance.now() + fenceWaitedMsMax
    for (let at = this.store; ; at = await this.relocate()) {
      const outcome = await attempt(at)
      if (outcome !== 'fenced') return outcome
      if (performance.now() > giveUpAtMs) {
        throw tenantMigrating({
          detail: 'It takes no changes for a moment. Try again in a second.',
          headers: { 'retry-after': '1' },
        })
      }
      await Bun.sleep(fenceLookedAfterMs)
    }
  }
}
