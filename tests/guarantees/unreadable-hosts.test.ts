import { afterAll, beforeAll, expect, test } from 'bun:test'
import { call } from '../support/call.ts'
import { sendRaw } from '../support/raw-http.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.stop())

const hosts = [
  '[[[[[[[[[[[[[[',
  'aaaaaaaaaaaaa:99999999',
  'xn--a.example.com',
  'a b c d e f g h i',
  '%%%%%%%%%%%%%%%%',
  '@@@@@@@@@@@@',
]
const paths = ['/nope', '/health', '/swagger', '/console/', '/console/assets/x.js', '/auth/refresh', '/']

test.each(hosts)('E2: the Host header %p is refused by a problem and ends nothing', async (host) => {
  for (const path of paths) {
    for (const method of ['GET', 'POST', 'HEAD']) {
      const { status } = await sendRaw(app, [`${method} ${path} HTTP/1.1`], { host })
      expect(status).toBeGreaterThanOrEqual(200)
      expect(status).toBeLessThan(500)
    }
  }
  // What threw after the answer would have ended the process by now.
  await Bun.sleep(50)
  expect((await call(app, 'GET /health')).status).toBe(200)
})

test.each(['/health', '/health/db', '/health/ready'])(
  'the check of a proxy that speaks HTTP/1.0 without a Host is answered by %s, and only there',
  async (path) => {
    const asked = await sendRaw(app, [`GET ${path} HTTP/1.0`], { host: null, body: null })
    expect(asked.status).toBe(200)
    expect(Object.keys(JSON.parse(asked.body))).toEqual(Object.keys((await call(app, `GET ${path}`)).body))
    for (const line of [`POST ${path} HTTP/1.0`, `GET ${path}/../users/me HTTP/1.0`, 'GET /users/me HTTP/1.0']) {
      expect((await sendRaw(app, [line], { host: null })).status).toBe(400)
    }
  },
)
