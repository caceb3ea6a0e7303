import { describe, expect, test } from 'bun:test'
import { ApiProblem } from '../../console/src/api/problem.ts'
import { createSessionSend } from '../../console/src/api/send.ts'
import { createSession, type AccessGrant, type SessionEvent, type TabMessage } from '../../console/src/api/session.ts'

/** A browser of several tabs: one mark, one lock, one channel, and a server whose answers are counted. */
function createBrowser(options: { signedIn: boolean }) {
  let marked = options.signedIn
  let locked: Promise<unknown> = Promise.resolve()
  let renewals = 0
  const clock = { nowMs: 1_000_000 }
  const receivers: { tab: number; receive: (message: TabMessage) => void }[] = []
  const server: { answer: () => Promise<AccessGrant> } = {
    answer: async () => ({ access_token: `token-${renewals}`, expires_in: 900 }),
  }
  return {
    clock,
    server,
    isMarked: () => marked,
    countRenewals: () => renewals,
    openTab: (tab: number) => {
      const session = createSession({
        refresh: () => {
          renewals++
          return server.answer()
        },
        mark: {
          isSet: () => marked,
          set: () => {
            marked = true
          },
          clear: () => {
            marked = false
          },
        },
        tabs: {
          send: (message) => receivers.filter((other) => other.tab !== tab).forEach(({ receive }) => receive(message)),
          listen: (receive) => receivers.push({ tab, receive }),
        },
        exclusively: (work) => {
          const mine = locked.then(work)
          locked = mine.catch(() => undefined)
          return mine
        },
        nowMs: () => clock.nowMs,
      })
      const events: SessionEvent[] = []
      session.subscribe((event) => events.push(event))
      return { session, events }
    },
  }
}

const refuse = (status: number, code: string) => async (): Promise<never> => {
  throw new ApiProblem({ status, code, detail: code })
}

async function findRejection(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
}

describe('a session of the console', () => {
  test('without the mark of a sign-in nothing is ever renewed', async () => {
    const browser = createBrowser({ signedIn: false })
    const { session } = browser.openTab(1)
    expect(await findRejection(session.getAccessToken())).toMatchObject({ code: 'session.ended' })
    expect(browser.countRenewals()).toBe(0)
  })

  test('50 calls at once share one renewal', async () => {
    const browser = createBrowser({ signedIn: true })
    const { session } = browser.openTab(1)
    const tokens = await Promise.all(Array.from({ length: 50 }, () => session.getAccessToken()))
    expect(new Set(tokens)).toEqual(new Set(['token-1']))
    expect(browser.countRenewals()).toBe(1)
  })

  test('tabs that wait for each other take the token of the first', async () => {
    const browser = createBrowser({ signedIn: true })
    const tabs = [1, 2, 3, 4, 5].map(browser.openTab)
    const tokens = await Promise.all(tabs.map(({ session }) => session.getAccessToken()))
    expect(new Set(tokens)).toEqual(new Set(['token-1']))
    expect(browser.countRenewals()).toBe(1)
  })

  test('a token is used until shortly before it expires, then renewed', async () => {
    const browser = createBrowser({ signedIn: true })
    const { session } = browser.openTab(1)
    await session.getAccessToken()
    browser.clock.nowMs += 869_000
    expect(await session.getAccessToken()).toBe('token-1')
    browser.clock.nowMs += 2000
    expect(await session.getAccessToken()).toBe('token-2')
  })

  test('a refused renewal ends the session in every tab, and clears the mark', async () => {
    const browser = createBrowser({ signedIn: true })
    const [first, second] = [browser.openTab(1), browser.openTab(2)]
    browser.server.answer = refuse(401, 'auth.token_invalid')
    expect(await findRejection(first.session.getAccessToken())).toMatchObject({ code: 'session.ended' })
    expect(first.events).toEqual([{ kind: 'ended', reason: 'expired' }])
    expect(second.events).toEqual([])
    expect(browser.isMarked()).toBe(false)
  })

  test.each([
    [0, 'network.unreachable'],
    [429, 'limit.requests_per_minute'],
    [502, 'network.unreadable'],
    [200, 'network.unreadable'],
    [503, 'server.busy'],
  ])('a renewal that fails for the moment (%d %s) does not sign anybody out', async (status, code) => {
    const browser = createBrowser({ signedIn: true })
    const { session, events } = browser.openTab(1)
    browser.server.answer = refuse(status, code)
    expect(await findRejection(session.getAccessToken())).toMatchObject({ code })
    expect(events).toEqual([])
    expect(browser.isMarked()).toBe(true)
  })

  test('a renewal that is overtaken by a sign-out does not bring the session back', async () => {
    const browser = createBrowser({ signedIn: true })
    const [first, second] = [browser.openTab(1), browser.openTab(2)]
    const answer = Promise.withResolvers<AccessGrant>()
    browser.server.answer = () => answer.promise
    const renewing = findRejection(first.session.getAccessToken())
    await Promise.resolve()
    second.session.expire()
    answer.resolve({ access_token: 'late', expires_in: 900 })
    expect(await renewing).toMatchObject({ code: 'session.ended' })
    expect(first.session.mayBeSignedIn()).toBe(false)
  })

  test('signing out tells the other tabs, and stays signed in when the server was not reached', async () => {
    const browser = createBrowser({ signedIn: true })
    const [first, second] = [browser.openTab(1), browser.openTab(2)]
    await Promise.all([first.session.getAccessToken(), second.session.getAccessToken()])
    expect(await findRejection(first.session.end(refuse(503, 'server.busy')))).toMatchObject({ code: 'server.busy' })
    expect([first.events, second.events]).toEqual([[], []])
    const revoked: string[] = []
    await first.session.end(async (token) => void revoked.push(token))
    expect(revoked).toEqual(['token-1'])
    expect(first.events).toEqual([{ kind: 'ended', reason: 'signed-out' }])
    expect(second.events).toEqual([{ kind: 'ended', reason: 'signed-out' }])
    expect(browser.isMarked()).toBe(false)
  })

  test('a sign-in in one tab signs the others in', async () => {
    const browser = createBrowser({ signedIn: false })
    const [first, second] = [browser.openTab(1), browser.openTab(2)]
    first.session.begin({ access_token: 'fresh', expires_in: 900 })
    expect(second.events).toEqual([{ kind: 'began' }])
    expect(await second.session.getAccessToken()).toBe('fresh')
    expect(browser.countRenewals()).toBe(0)
  })
})

describe('a call of the console', () => {
  const problem = (status: number, code: string): Response =>
    Response.json({ code, detail: code }, { status, headers: { 'content-type': 'application/problem+json' } })

  test.each(['auth.token_invalid', 'auth.token_stale'])('is repeated once with a new token after %s', async (code) => {
    const browser = createBrowser({ signedIn: true })
    const { session, events } = browser.openTab(1)
    const seen: (string | null)[] = []
    const send = createSessionSend({
      session,
      send: async (_input, init) => {
        const token = new Headers(init?.headers).get('authorization')
        seen.push(token)
        return token === 'Bearer token-1' ? problem(401, code) : Response.json({})
      },
    })
    const answers = await Promise.all(Array.from({ length: 10 }, () => send('http://localhost/users/me')))
    expect(answers.every(({ ok }) => ok)).toBe(true)
    expect(browser.countRenewals()).toBe(2)
    expect(seen).toHaveLength(20)
    expect(events).toEqual([])
  })

  test('whose token is refused twice ends the session', async () => {
    const browser = createBrowser({ signedIn: true })
    const { session, events } = browser.openTab(1)
    let sent = 0
    const send = createSessionSend({ session, send: async () => (sent++, problem(401, 'auth.token_invalid')) })
    expect(await findRejection(send('http://localhost/users/me'))).toMatchObject({ code: 'auth.token_invalid' })
    expect(sent).toBe(2)
    expect(events).toEqual([{ kind: 'ended', reason: 'expired' }])
  })

  test('that is refused for another reason keeps token and session', async () => {
    const browser = createBrowser({ signedIn: true })
    const { session, events } = browser.openTab(1)
    const send = createSessionSend({ session, send: async () => problem(401, 'auth.invalid_credentials') })
    expect(await findRejection(send('http://localhost/users/me'))).toMatchObject({ code: 'auth.invalid_credentials' })
    expect(browser.countRenewals()).toBe(1)
    expect(events).toEqual([])
  })
})
