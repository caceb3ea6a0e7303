import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { call, readEvents, send } from '../../support/call.ts'
import { makeTenant, makeUser, type Person } from '../../support/people.ts'
import { ask, chatsSentTo, type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario
let user: Person
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

beforeAll(async () => {
  scenario = await startScenario()
  await makeTenant(scenario.app, scenario.superuser, 'acme', { system_prompt: 'You speak for Acme.' })
  user = await makeUser(scenario.app, scenario.superuser, { tenant: 'acme' })
})
afterAll(() => scenario.stop())
beforeEach(() => scenario.model.reset())

describe('POST /chat/stream', () => {
  test('sends start, deltas, usage and done to the letter, ids from 1, and no sources without a search', async () => {
    scenario.model.behave({ deltas: ['One ', 'two ', 'three.'], delayMs: 5 })
    const { response, events, text } = await ask(scenario.app, { token: user.token, message: 'Count.' })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(response.headers.get('cache-control')).toBe('no-cache, no-transform')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    expect(response.headers.get('x-request-id')).toMatch(uuid)
    expect(text).toBe('One two three.')
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => String(index + 1)))
    const names = events.map(({ event }) => event)
    expect(names[0]).toBe('start')
    expect(names.slice(1, -2).every((name) => name === 'delta')).toBe(true)
    expect(names.slice(-2)).toEqual(['usage', 'done'])

    const [start] = events
    expect(Object.keys(start?.data).sort()).toEqual(['message_id', 'session_id', 'stream_id'])
    for (const id of Object.values(start?.data)) expect(id).toMatch(uuid)
    for (const { event, data } of events) if (event === 'delta') expect(Object.keys(data)).toEqual(['text'])
    const [{ body: sent } = { body: undefined }] = chatsSentTo(scenario.model)
    const promptTokens = Math.ceil(sent!.messages.reduce((sum, { content }) => sum + content.length, 0) / 4)
    expect(events.at(-2)?.data).toEqual({
      model: 'gpt-4o-mini',
      prompt_tokens: promptTokens,
      completion_tokens: 3,
      total_tokens: promptTokens + 3,
      cost_micro_usd: expect.any(Number),
      usage_source: 'provider',
    })
    expect(events.at(-1)?.data).toEqual({ finish_reason: 'stop', message_id: start?.data.message_id, cited: [] })
  })

  test('sends sources after start when a search ran, even when it found nothing', async () => {
    await makeTenant(scenario.app, scenario.superuser, 'reader', { retrieval: 'keyword' })
    const reader = await makeUser(scenario.app, scenario.superuser, { tenant: 'reader' })
    const { events } = await ask(scenario.app, { token: reader.token })
    expect(events[1]).toEqual({ id: '2', event: 'sources', data: { sources: [], mode: 'keyword', degraded: null } })
    const off = await ask(scenario.app, { token: reader.token, body: { message: 'Hello?', retrieval: 'off' } })
    expect(off.events.map(({ event }) => event)).not.toContain('sources')
  })

  test('tells why the model stopped', async () => {
    scenario.model.behave({ text: 'cut short', finishReason: 'length' })
    const { data } = await ask(scenario.app, { token: user.token })
    expect(data('done').finish_reason).toBe('length')
  })

  test('estimates the tokens of a provider that tells none, and says so', async () => {
    scenario.model.behave({ text: 'Some words here.', usage: null })
    const { data } = await ask(scenario.app, { token: user.token })
    expect(data('usage')).toMatchObject({ usage_source: 'estimated', model: 'gpt-4o-mini' })
    expect(data('usage').completion_tokens).toBe(4)
    expect(data('usage').total_tokens).toBe(data('usage').prompt_tokens + 4)
  })

  test('carries every text unchanged: line breaks, quotes, markup and emoji', async () => {
    const deltas = ['a\nb\r\nc ', '"quoted" \\ ', '<b>bold</b> ', 'data: x\n\nevent: done\n\n', '👩‍👩‍👧 ', '\u2028 end']
    scenario.model.behave({ deltas, delayMs: 1 })
    const { text, data } = await ask(scenario.app, { token: user.token })
    expect(text).toBe(deltas.join(''))
    const sessionId = data('start').session_id
    const messages = await call(scenario.app, `GET /chat/sessions/${sessionId}/messages`, { token: user.token })
    expect(messages.body.items[1].content).toBe(deltas.join(''))
  })

  test('is answered with and without a trailing slash', async () => {
    for (const path of ['/chat/stream', '/chat/stream/']) {
      const response = await send(scenario.app, `POST ${path}`, { token: user.token, body: { message: 'Hi' } })
      expect(response.status).toBe(200)
      expect((await readEvents(response)).at(-1)?.event).toBe('done')
    }
  })
})

describe('POST /chat', () => {
  test('gives the whole answer in one object of exactly the contract’s fields', async () => {
    scenario.model.behave({ deltas: ['Whole ', 'answer.'] })
    const reply = await call(scenario.app, 'POST /chat', { token: user.token, body: { message: 'All at once?' } })
    expect(reply.status).toBe(200)
    expect(reply.headers.get('content-type')).toStartWith('application/json')
    expect(reply.body).toEqual({
      session_id: expect.stringMatching(uuid),
      message_id: expect.stringMatching(uuid),
      text: 'Whole answer.',
      finish_reason: 'stop',
      sources: [],
      cited: [],
      usage: {
        model: 'gpt-4o-mini',
        prompt_tokens: expect.any(Number),
        completion_tokens: 2,
        total_tokens: expect.any(Number),
        cost_micro_usd: expect.any(Number),
        usage_source: 'provider',
      },
    })
    const path = `GET /chat/sessions/${reply.body.session_id}/messages`
    const stored = await call(scenario.app, path, { token: user.token })
    expect(stored.body.items[1]).toMatchObject({ id: reply.body.message_id, content: 'Whole answer.' })
    expect(stored.body.items[1].usage).toEqual(reply.body.usage)
  })
})

describe('what may be asked', () => {
  test.each([
    ['an empty message', { message: '' }],
    ['a message of 32,001 characters', { message: 'x'.repeat(32_001) }],
    ['no message', {}],
    ['a message that is no text', { message: 7 }],
    ['a session id that is no id', { message: 'Hi', session_id: 'mine' }],
    ['another retrieval than "off"', { message: 'Hi', retrieval: 'keyword' }],
    ['a field that is none', { message: 'Hi', sesion_id: null }],
  ])('%s is 422 request.invalid on both routes, and no model is called', async (_name, body) => {
    for (const route of ['POST /chat', 'POST /chat/stream']) {
      const reply = await call(scenario.app, route, { token: user.token, body })
      expect(reply.status).toBe(422)
      expect(reply.body.code).toBe('request.invalid')
      expect(reply.body.errors[0].path).toBeString()
    }
    expect(scenario.model.requests).toEqual([])
  })

  test('32,000 characters are taken', async () => {
    const { events } = await ask(scenario.app, { token: user.token, message: 'é'.repeat(32_000) })
    expect(events.at(-1)?.event).toBe('done')
  })
})
