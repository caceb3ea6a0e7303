import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { call, readEvents, send } from '../../support/call.ts'
import { makeTenant, makeUser, type Person, signIn } from '../../support/people.ts'
import { eventually, type Scenario, startScenario } from '../../support/scenario.ts'
import { openStream } from '../../support/open-stream.ts'

let scenario: Scenario
let user: Person
let colleague: Person
let stranger: Person

beforeAll(async () => {
  scenario = await startScenario()
  const { app, superuser } = scenario
  await makeTenant(app, superuser, 'acme')
  await makeTenant(app, superuser, 'beta')
  user = await makeUser(app, superuser, { tenant: 'acme' })
  colleague = await makeUser(app, superuser, { tenant: 'acme' })
  stranger = await makeUser(app, superuser, { tenant: 'beta' })
})
afterAll(() => scenario.stop())
afterEach(() => scenario.model.reset())

const ask = (body: Record<string, unknown> = {}) =>
  openStream(scenario.app, 'POST /chat/stream', { token: user.token, body: { message: 'Tell me', ...body } })
const resumeRoute = (streamId: string): string => `GET /chat/streams/${streamId}`
const readFrom = async (streamId: string, lastEventId?: number, token = user.token): Promise<Response> =>
  send(scenario.app, resumeRoute(streamId), {
    token,
    headers: lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) },
  })
const settledCall = (streamId: string) =>
  eventually(async () => {
    const [row] = await scenario.sql`select * from usage_ledger where id = ${streamId}`
    return row?.status === 'reserved' ? undefined : row
  })

describe('a dropped connection', () => {
  test('is taken up again at any event, byte for byte, while the answer goes on', async () => {
    scenario.model.behave({ tokens: 60, delayMs: 10 })
    const first = await ask({ resumable: true })
    await first.until((text) => text.includes('word5 '))
    first.drop()
    const { streamId } = first
    // At once, later, from the beginning, from the middle and from the last that was read: all read the same bytes.
    const readers = await Promise.all([readFrom(streamId), readFrom(streamId, 0), readFrom(streamId, 3)])
    await Bun.sleep(100)
    readers.push(await readFrom(streamId, first.lastId))
    const texts = await Promise.all(readers.map((response) => response.text()))
    const [whole = '', again = '', fromThree = '', rest = ''] = texts
    expect(again).toBe(whole)
    expect(whole.endsWith(fromThree)).toBe(true)
    expect(fromThree).toStartWith('id: 4\n')
    expect(first.text.slice(0, first.completeLength) + rest).toBe(whole)
    expect(whole).toContain('word59')
    expect(whole).toContain('"finish_reason":"stop"')
    for (const response of readers) {
      expect(response.headers.get('content-type')).toBe('text/event-stream')
      expect(response.headers.get('x-accel-buffering')).toBe('no')
    }
    expect(await settledCall(streamId)).toMatchObject({ status: 'completed', usage_source: 'provider' })
    // Long after its end it is still there, and has nothing behind its last event.
    expect(await (await readFrom(streamId, 3)).text()).toBe(fromThree)
    const last = whole.split('\nevent: ').length - 1
    expect((await readFrom(streamId, last)).status).toBe(204)
  })

  test('that comes back within a moment goes on without having been announced', async () => {
    scenario.model.behave({ tokens: 60, delayMs: 10 })
    const first = await ask()
    await first.until((text) => text.includes('word5 '))
    first.drop()
    const events = await readEvents(await readFrom(first.streamId, first.lastId))
    expect(events.at(-1)).toMatchObject({ event: 'done', data: { finish_reason: 'stop' } })
    expect(Number(events[0]?.id)).toBe(first.lastId + 1)
  })

  test('D8: that does not come back ends the upstream call within a second, and what came is told with its end', async () => {
    scenario.model.behave({ tokens: 1_000, delayMs: 10 })
    const first = await ask()
    await first.until((text) => text.includes('word5 '))
    const leftAtMs = performance.now()
    first.drop()
    const closedAtMs = await eventually(() => scenario.model.requests[0]?.closedAtMs, 1_500)
    expect(closedAtMs - leftAtMs).toBeLessThan(1_000)
    expect(await settledCall(first.streamId)).toMatchObject({ status: 'aborted' })
    const events = await readEvents(await readFrom(first.streamId))
    expect(events.at(0)?.event).toBe('start')
    expect(events.at(-1)).toMatchObject({ event: 'error', data: { code: 'request.aborted' } })
  })

  test('of a resumable answer lets it run to its end, where it waits for its reader', async () => {
    scenario.model.behave({ tokens: 90, delayMs: 10 })
    const first = await ask({ resumable: true })
    await first.until((text) => text.includes('word2 '))
    first.drop()
    expect(await settledCall(first.streamId)).toMatchObject({ status: 'completed' })
    const events = await readEvents(await readFrom(first.streamId, first.lastId))
    expect(events.at(-1)?.event).toBe('done')
    const { body } = await call(scenario.app, `GET /chat/sessions/${first.sessionId}/messages`, { token: user.token })
    expect(body.items.map(({ status }: { status: string }) => status)).toEqual(['completed', 'completed'])
  })

  test('of an answer whose start was never read leaves nothing running', async () => {
    scenario.model.behave({ tokens: 1_000, delayMs: 10, firstTokenDelayMs: 300 })
    const controller = new AbortController()
    const asked = send(scenario.app, 'POST /chat/stream', {
      token: user.token,
      body: { message: 'Hello', resumable: true },
      signal: controller.signal,
    }).catch(() => undefined)
    await eventually(() => scenario.model.openConnections() > 0)
    controller.abort()
    await asked
    await eventually(() => scenario.model.openConnections() === 0, 1_500)
  })
})

describe('whose answer it is', () => {
  test('A9: to everybody else there is nothing: another tenant, a colleague, and what nobody has are one', async () => {
    const { streamId } = await (await ask({ resumable: true })).read()
    const nobodys = '01890000-0000-7000-8000-000000000000'
    for (const { token } of [stranger, colleague]) {
      expect((await readFrom(streamId, 0, token)).status).toBe(204)
      const stops = [streamId, nobodys, 'no-id'].map((id) =>
        call(scenario.app, `POST /chat/streams/${id}/stop`, { token }),
      )
      for (const { status, body } of await Promise.all(stops))
        expect([status, body.code]).toEqual([404, 'stream.not_found'])
    }
    expect((await readFrom(nobodys)).status).toBe(204)
    expect((await readFrom('no-id')).status).toBe(204)
    expect((await readFrom(streamId)).status).toBe(200)
    expect((await call(scenario.app, resumeRoute(streamId))).status).toBe(401)
  })

  test('a number that is none is 400', async () => {
    const reply = await call(scenario.app, resumeRoute('x'), { token: user.token, headers: { 'last-event-id': '-1' } })
    expect([reply.status, reply.body.code]).toEqual([400, 'request.malformed'])
  })

  test('A10: a reader that came back is cut when its own session ends, and the answer goes on for others', async () => {
    scenario.model.behave({ tokens: 250, delayMs: 10 })
    const first = await ask({ resumable: true })
    await first.until((text) => text.includes('word2 '))
    const elsewhere = await signIn(scenario.app, user.email)
    const back = await readFrom(first.streamId, 1, elsewhere.token)
    expect((await call(scenario.app, 'POST /auth/logout', { token: elsewhere.token, body: {} })).status).toBe(204)
    const events = await readEvents(back)
    expect(events.at(-1)).toMatchObject({ id: undefined, event: 'error', data: { status: 401 } })
    await first.read()
    expect(first.text).toContain('"finish_reason":"stop"')
  })
})

describe('stopping', () => {
  test('ends the upstream, tells exactly what was counted, and repeating it changes nothing', async () => {
    scenario.model.behave({ tokens: 1_000, delayMs: 10 })
    const asked = await ask()
    await asked.until((text) => text.includes('word9 '))
    const stop = () => call(scenario.app, `POST /chat/streams/${asked.streamId}/stop`, { token: user.token })
    const [one, other] = await Promise.all([stop(), stop()])
    expect(one.status).toBe(200)
    expect(one.body).toMatchObject({ stopped: true, usage: { usage_source: 'estimated', model: 'gpt-4o-mini' } })
    expect(other.body).toEqual(one.body)
    expect((await stop()).body).toEqual(one.body)
    expect(scenario.model.requests[0]?.aborted).toBe(true)

    const events = (await asked.read()).events()
    expect(events.slice(-2)).toMatchObject([
      { event: 'usage', data: one.body.usage },
      { event: 'done', data: { finish_reason: 'stopped' } },
    ])
    const row = await settledCall(asked.streamId)
    expect(row).toMatchObject({
      status: 'aborted',
      prompt_tokens: one.body.usage.prompt_tokens,
      completion_tokens: one.body.usage.completion_tokens,
      cost_micro_usd: String(one.body.usage.cost_micro_usd),
    })
    const { body } = await call(scenario.app, `GET /chat/sessions/${asked.sessionId}/messages`, { token: user.token })
    const said = events.flatMap(({ event, data }) => (event === 'delta' ? [data.text] : [])).join('')
    expect(body.items[1]).toMatchObject({ status: 'aborted', content: said, usage: one.body.usage })
  })

  test('what had ended by itself was not stopped, and its figures are those of its usage event', async () => {
    const asked = await (await ask()).read()
    const usage = asked.events().find(({ event }) => event === 'usage')?.data
    const reply = await call(scenario.app, `POST /chat/streams/${asked.streamId}/stop`, { token: user.token })
    expect(reply.body).toEqual({ stopped: false, usage })
  })

  test('works on another replica, also of an answer that nobody reads', async () => {
    const replica = await scenario.app.startReplica()
    try {
      scenario.model.behave({ tokens: 2_000, delayMs: 10 })
      const asked = await ask({ resumable: true })
      await asked.until((text) => text.includes('word2 '))
      asked.drop()
      const reply = await call(replica, `POST /chat/streams/${asked.streamId}/stop`, { token: user.token })
      expect(reply.body).toMatchObject({ stopped: true, usage: { usage_source: 'estimated' } })
      expect(scenario.app.services.openAnswers.size).toBe(0)
      expect((await readEvents(await readFrom(asked.streamId))).at(-1)).toMatchObject({
        event: 'done',
        data: { finish_reason: 'stopped' },
      })
      expect((await call(replica, `POST /chat/streams/${asked.streamId}/stop`, { token: user.token })).body).toEqual(
        reply.body,
      )
    } finally {
      await replica.stop()
    }
  })
})

describe('previews', () => {
  test('are read again and stopped by the manager who asked, and by nobody else', async () => {
    const { app, superuser, model } = scenario
    model.behave({ tokens: 2_000, delayMs: 10 })
    const asked = await openStream(app, 'POST /admin/tenants/acme/preview', {
      token: superuser.token,
      body: { message: 'Try', resumable: true },
    })
    await asked.until((text) => text.includes('word2 '))
    asked.drop()
    const path = `/admin/tenants/acme/preview/${asked.streamId}`
    const other = await makeUser(app, superuser, { is_superuser: true })
    expect((await call(app, `GET ${path}`, { token: other.token })).status).toBe(204)
    expect((await call(app, `POST ${path}/stop`, { token: other.token })).status).toBe(404)
    // As a user of the tenant the same person has no such answer.
    expect((await call(app, resumeRoute(asked.streamId), { token: superuser.token, tenant: 'acme' })).status).toBe(204)
    const back = send(app, `GET ${path}`, { token: superuser.token, headers: { 'last-event-id': '2' } })
    const stopped = await call(app, `POST ${path}/stop`, { token: superuser.token })
    expect(stopped.body.stopped).toBe(true)
    const events = await readEvents(await back)
    expect(events[0]?.id).toBe('3')
    expect(events.at(-1)).toMatchObject({ event: 'done', data: { finish_reason: 'stopped' } })
  })
})
