import { afterAll, beforeAll, expect, test } from 'bun:test'
import { call, readEvents, send } from '../../support/call.ts'
import { makeSuperuser, makeTenant, makeUser, type Person, signIn } from '../../support/people.ts'
import { startApp, type TestApp } from '../../support/start-app.ts'

let app: TestApp
let superuser: Person

beforeAll(async () => {
  app = await startApp()
  superuser = await makeSuperuser(app)
})
afterAll(() => app.stop())

test('a superuser onboards a tenant, its user gets a streamed answer without any key, and the usage shows it', async () => {
  await makeTenant(app, superuser, 'acme', { system_prompt: 'You are the assistant of Acme.' })
  const user = await makeUser(app, superuser, { tenant: 'acme' })

  const response = await send(app, 'POST /chat/stream', { token: user.token, body: { message: 'What do you know?' } })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  expect(response.headers.get('cache-control')).toBe('no-cache, no-transform')
  expect(response.headers.get('x-accel-buffering')).toBe('no')
  const events = await readEvents(response)
  expect(events.map((event) => event.event).filter((name) => name !== 'delta')).toEqual(['start', 'usage', 'done'])
  expect(events.map((event) => event.id)).toEqual(events.map((_, index) => String(index + 1)))
  const text = events.flatMap((event) => (event.event === 'delta' ? [event.data.text] : [])).join('')
  expect(text).toContain('no source')

  const sessionId = events[0]?.data.session_id
  const messages = await call(app, `GET /chat/sessions/${sessionId}/messages`, { token: user.token })
  expect(messages.body.items.map((item: { role: string; content: string }) => [item.role, item.content])).toEqual([
    ['user', 'What do you know?'],
    ['assistant', text],
  ])

  const usage = await call(app, 'GET /admin/tenants/acme/usage', { token: superuser.token })
  expect(usage.body.items).toHaveLength(1)
  expect(usage.body.items[0]).toMatchObject({ requests: 1, failed: 0, aborted: 0, cost_micro_usd: 0 })
})

test('the same person continues the conversation as the tenant’s user', async () => {
  await makeTenant(app, superuser, 'beta')
  const user = await makeUser(app, superuser, { tenant: 'beta' })
  const asTenantUser = await signIn(app, user.email, 'beta')
  expect(asTenantUser.id).toBe(user.id)
  const first = await call(app, 'POST /chat', { token: user.token, body: { message: 'One' } })
  const second = await call(app, 'POST /chat', {
    token: asTenantUser.token,
    body: { message: 'Two', session_id: first.body.session_id },
  })
  expect(second.status).toBe(200)
  expect(second.body.session_id).toBe(first.body.session_id)
  const sessions = await call(app, 'GET /chat/sessions', { token: asTenantUser.token })
  expect(sessions.body.items).toHaveLength(1)
  expect(sessions.body.items[0].title).toBe('One')
})
