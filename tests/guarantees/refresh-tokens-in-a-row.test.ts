import { afterAll, beforeAll, expect, test } from 'bun:test'
import { call, type Reply } from '../support/call.ts'
import { createClockAhead, type TestClock } from '../support/clock.ts'
import { makeSuperuser, type Person, signIn } from '../support/people.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

let app: TestApp
let clock: TestClock
let user: Person

beforeAll(async () => {
  clock = createClockAhead()
  app = await startApp({ clock })
  user = await makeSuperuser(app)
})
afterAll(() => app.stop())

const refresh = (token: string): Promise<Reply> => call(app, 'POST /auth/refresh', { body: { refresh_token: token } })

/** Refreshes so many times in a row, so many milliseconds apart; the tokens, the sign-in's first. */
async function refreshInARow(times: number, apartMs: number): Promise<string[]> {
  const tokens = [(await signIn(app, user.email)).refreshToken]
  for (let n = 0; n < times; n++) {
    if (n > 0) clock.advanceMs(apartMs)
    const reply = await refresh(tokens.at(-1) ?? '')
    if (reply.status !== 200) throw new Error(`not refreshed: ${reply.text}`)
    tokens.push(reply.body.refresh_token)
  }
  return tokens
}

test('B6: within 10 s of its first use a token gets the same successor, although that was used since', async () => {
  const [first = '', second, third] = await refreshInARow(2, 5_000)
  clock.advanceMs(5_000)
  const again = await refresh(first)
  expect([again.status, again.body.refresh_token]).toEqual([200, second])
  const next = await refresh(second ?? '')
  expect([next.status, next.body.refresh_token]).toEqual([200, third])
  expect((await refresh(third ?? '')).status).toBe(200)
})

test('B6: so it does when several successors were used since', async () => {
  const tokens = await refreshInARow(6, 1_000)
  for (const [n, token] of tokens.slice(0, -1).entries()) {
    const again = await refresh(token)
    expect([n, again.status, again.body.refresh_token]).toEqual([n, 200, tokens[n + 1]])
  }
})

test.each([
  { title: 'whose successor was used since', times: 2, apartMs: 5_000 },
  { title: 'that is no longer remembered', times: 4, apartMs: 6_000 },
])('B6: more than 10 s after its first use, a token $title revokes the family', async ({ times, apartMs }) => {
  const tokens = await refreshInARow(times, apartMs)
  clock.advanceMs(5_001)
  expect((await refresh(tokens[0] ?? '')).status).toBe(401)
  expect((await refresh(tokens.at(-1) ?? '')).status).toBe(401)
})
