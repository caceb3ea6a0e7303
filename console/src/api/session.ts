import { ApiProblem, toProblem } from './problem.ts'

/** What the server gives for a sign-in or a renewal, as far as a session needs it. */
export interface AccessGrant {
  access_token: string
  /** Seconds. */
  expires_in: number
}

/** Why there is no session any more; `expired` also stands for one revoked elsewhere. */
export type EndReason = 'expired' | 'signed-out'

/** What tabs of one browser tell each other. */
export type TabMessage =
  | { kind: 'began' | 'renewed'; accessToken: string; expiresAtMs: number }
  | { kind: 'ended'; reason: EndReason }

/** What happened to the session, here or in another tab. */
export type SessionEvent = { kind: 'began' } | { kind: 'ended'; reason: EndReason }

/** What a session needs from its surroundings. */
export interface SessionPorts {
  /** POST /auth/refresh with the cookie; rejects with an `ApiProblem`. */
  refresh(): Promise<AccessGrant>
  /** Our own note in this browser that somebody is signed in; without it nothing is renewed. */
  mark: { isSet(): boolean; set(): void; clear(): void }
  tabs: { send(message: TabMessage): void; listen(receive: (message: TabMessage) => void): void }
  /** Runs work while no other tab runs such work. */
  exclusively<T>(work: () => Promise<T>): Promise<T>
  /** Wall-clock milliseconds, comparable between tabs. */
  nowMs(): number
}

/** The signed-in state of this browser, as one tab sees it. */
export interface Session {
  /** Whether somebody is signed in as far as this browser knows, without asking the server. */
  mayBeSignedIn(): boolean
  /** A token good for at least a few seconds, renewed when needed; rejects with `session.ended` or why renewing failed. */
  getAccessToken(): Promise<string>
  /** A token other than the one the server has just refused; any number of callers share one renewal. */
  replaceAccessToken(refused: string): Promise<string>
  /** Starts a session after a sign-in and tells other tabs. */
  begin(grant: AccessGrant): void
  /** Ends it on the server, then here and in other tabs; rejects, and stays signed in, when the server was not reached. */
  end(revoke: (accessToken: string) => Promise<void>): Promise<void>
  /** Notes that the server ended the session. */
  expire(): void
  /** Calls back on each event; returns how to stop. */
  subscribe(listener: (event: SessionEvent) => void): () => void
}

/** Renewed this long before it expires, or at half of its life when that is shorter. */
const renewBeforeExpiryMs = 30_000

/**
 * Keeps the access token in memory only and renews it through the HttpOnly cookie: before it expires, or once when the
 * server refuses it. Concurrent calls share one renewal; other tabs wait for it and take its token.
 */
export function createSession(ports: SessionPorts): Session {
  let token: { value: string; renewAtMs: number } | undefined
  let renewal: Promise<string> | undefined
  const listeners = new Set<(event: SessionEvent) => void>()

  ports.tabs.listen((message) => {
    if (message.kind === 'ended') forget(message.reason)
    else {
      adopt(message)
      if (message.kind === 'began') tell({ kind: 'began' })
    }
  })

  function adopt(grant: { accessToken: string; expiresAtMs: number }): void {
    const life = grant.expiresAtMs - ports.nowMs()
    token = { value: grant.accessToken, renewAtMs: grant.expiresAtMs - Math.min(renewBeforeExpiryMs, life / 2) }
  }

  function findFreshToken(): string | undefined {
    return token && ports.nowMs() < token.renewAtMs ? token.value : undefined
  }

  function tell(event: SessionEvent): void {
    for (const listener of listeners) listener(event)
  }

  /** Drops what this tab knows; a tab that knew nothing has nobody to tell. */
  function forget(reason: EndReason): void {
    const knew = token !== undefined || ports.mark.isSet() || reason === 'signed-out'
    token = undefined
    ports.mark.clear()
    if (knew) tell({ kind: 'ended', reason })
  }

  function finish(reason: EndReason): void {
    forget(reason)
    ports.tabs.send({ kind: 'ended', reason })
  }

  function spread(kind: 'began' | 'renewed', grant: AccessGrant): void {
    const fresh = { accessToken: grant.access_token, expiresAtMs: ports.nowMs() + grant.expires_in * 1000 }
    adopt(fresh)
    ports.tabs.send({ kind, ...fresh })
  }

  async function renew(): Promise<string> {
    return ports.exclusively(async () => {
      const renewedElsewhere = findFreshToken()
      if (renewedElsewhere) return renewedElsewhere
      if (!ports.mark.isSet()) throw sessionEnded()
      const grant = await ports.refresh().catch((thrown: unknown) => {
        const problem = toProblem(thrown)
        if (!isFinal(problem)) throw problem
        finish('expired')
        throw sessionEnded()
      })
      // Signed out by another tab while the answer was on its way: its token must not bring the session back.
      if (!ports.mark.isSet()) throw sessionEnded()
      spread('renewed', grant)
      return grant.access_token
    })
  }

  function renewOnce(): Promise<string> {
    renewal ??= renew().finally(() => {
      renewal = undefined
    })
    return renewal
  }

  async function getAccessToken(): Promise<string> {
    return findFreshToken() ?? renewOnce()
  }

  return {
    // The token alone counts too: another tab's message may be here before its mark is.
    mayBeSignedIn: () => token !== undefined || ports.mark.isSet(),
    getAccessToken,
    replaceAccessToken: (refused) => {
      if (token?.value === refused) token = undefined
      return getAccessToken()
    },
    begin: (grant) => {
      ports.mark.set()
      spread('began', grant)
      tell({ kind: 'began' })
    },
    end: async (revoke) => {
      try {
        const accessToken = await getAccessToken()
        await ports.exclusively(() => revoke(accessToken))
      } catch (thrown) {
        // A session that the server no longer knows is as good as ended.
        if (toProblem(thrown).status !== 401) throw thrown
      }
      finish('signed-out')
    },
    expire: () => finish('expired'),
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function sessionEnded(): ApiProblem {
  return new ApiProblem({ status: 401, code: 'session.ended', detail: 'Your session ended.' })
}

/** Whether a refused renewal means the end: everything but “not now”. */
function isFinal(problem: ApiProblem): boolean {
  const notNow = problem.status === 0 || problem.status === 408 || problem.status === 429 || problem.status >= 500
  return !notNow && problem.code !== 'network.unreadable'
}
