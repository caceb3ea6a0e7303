import { afterAll, beforeAll, expect, test } from 'bun:test'
import postgres from 'postgres'
import { call } from '../support/call.ts'
import { makeSuperuser, makeTenant, makeUser, type Person, signIn } from '../support/people.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

let app: TestApp
let user: Person

beforeAll(async () => {
  app = await startApp()
  const superuser = await makeSuperuser(app)
  await makeTenant(app, superuser, 'acme')
  const assigned = await makeUser(app, superuser, { tenant: 'acme' })
  user = await signIn(app, assigned.email, 'acme')
})
afterAll(() => app.stop())

test('A10: users emptied by hand with TRUNCATE are refused within 1 s', async () => {
  expect((await call(app, 'GET /chat/sessions', { token: user.token })).status).toBe(200)
  const sql = postgres(app.database.ownerUrl, { max: 1, onnotice: () => undefined })
  await sql`truncate tenant.tenant_users cascade`
  await sql.end()
  const deadlineMs = performance.now() + 1_000
  let status = 200
  while (status === 200 && performance.now() < deadlineMs) {
    status = (await call(app, 'GET /chat/sessions', { token: user.token })).status
  }
  expect(status).toBe(401)
})
