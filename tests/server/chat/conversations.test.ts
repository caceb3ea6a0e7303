import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { call, type Reply } from '../../support/call.ts'
import { makeTenant, makeUser, type Person } from '../../support/people.ts'
import { ask, chatsSentTo, type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario
let user: Person
const randomId = '018f0000-0000-7000-8000-00000000abcd'
const get = (path: string, token = user.token): Promise<Reply> => call(scenario.app, `GET ${path}`, { token })

beforeAll(async () => {
  scenario = await startScenario()
  await makeTenant(scenario.app, scenario.superuser, 'acme', { system_prompt: 'Prompt.' })
})
beforeEach(async () => {
  user = await makeUser(scenario.app, scenario.superuser, { tenant: 'acme' })
  scenario.model.reset()
})
afterAll(() => scenario.stop())

async function converse(turns: number): Promise<string> {
  let sessionId: string | undefined
  for (let turn = 1; turn <= turns; turn += 1) {
    scenario.model.behave({ text: `answer ${turn}` })
    const body = { message: `question ${turn}`, session_id: sessionId }
    const reply = await call(scenario.app, 'POST /chat', { token: user.token, body })
    expect(reply.status).toBe(200)
    sessionId = reply.body.session_id
  }
  return sessionId ?? ''
}

describe('history', () => {
  test('a new conversation has none; a continued one has its earlier turns in order, then the message', async () => {
    await converse(3)
    const [first, , third] = chatsSentTo(scenario.model)
    expect(first?.body.messages.map(({ role, content }) => `${role}: ${content}`)).toEqual([
      'system: Prompt.',
      'user: question 1',
    ])
    expect(third?.body.messages.map(({ role, content }) => `${role}: ${content}`)).toEqual([
      'system: Prompt.',
      'user: question 1',
      'assistant: answer 1',
      'user: question 2',
      'assistant: answer 2',
      'user: question 3',
    ])
  })

  test('only the last 20 messages go to the model', async () => {
    await converse(13)
    const last = chatsSentTo(scenario.model).at(-1)
    const contents = last!.body.messages.map(({ content }) => content)
    expect(contents).toHaveLength(1 + 20 + 1)
    expect(contents[1]).toBe('question 3')
    expect(contents.at(-2)).toBe('answer 12')
    expect(contents).not.toContain('answer 2')
  })

  test('what does not fit the model’s window is dropped oldest first; prompt and message stay', async () => {
    const { app, superuser } = scenario
    const settings = { system_prompt: 'Prompt.', model: 'small', model_provider: 'openai', max_output_tokens: 12_000 }
    await makeTenant(app, superuser, 'narrow', settings)
    user = await makeUser(app, superuser, { tenant: 'narrow' })
    let sessionId: string | undefined
    for (const letter of ['a', 'b', 'c']) {
      scenario.model.behave({ text: `answer ${letter}` })
      const body = { message: letter.repeat(30_000), session_id: sessionId }
      sessionId = (await call(app, 'POST /chat', { token: user.token, body })).body.session_id
    }
    // A window of 32,000 tokens less the answer's 12,000 holds two of these messages.
    const sent = chatsSentTo(scenario.model).at(-1)!.body.messages
    expect(sent.map(({ content }) => content.slice(0, 8))).toEqual([
      'Prompt.',
      'answer a',
      'bbbbbbbb',
      'answer b',
      'cccccccc',
    ])
  })

  test('a session id of null starts a new conversation', async () => {
    const sessionId = await converse(1)
    const again = await call(scenario.app, 'POST /chat', {
      token: user.token,
      body: { message: 'x', session_id: null },
    })
    expect(again.body.session_id).not.toBe(sessionId)
  })
})

describe('the list of conversations', () => {
  test('has the contract’s fields, the last used first, named by the first line of the first message', async () => {
    const { app } = scenario
    const older = (await ask(app, { token: user.token, message: '  First line \nsecond line' })).data(
      'start',
    ).session_id
    const newer = (await ask(app, { token: user.token, message: 'long '.repeat(40) })).data('start').session_id
    await ask(app, { token: user.token, body: { message: 'Again', session_id: older } })
    const list = await get('/chat/sessions')
    expect(list.body.items.map((item: { id: string }) => item.id)).toEqual([older, newer])
    expect(Object.keys(list.body.items[0]).sort()).toEqual(['created_at', 'id', 'title', 'updated_at'])
    expect(list.body.items[0].title).toBe('First line')
    expect(list.body.items[1].title.length).toBeLessThanOrEqual(80)
    expect(list.body.items[1].title).toEndWith('…')
    expect(list.body.next_cursor).toBeNull()
    expect((await get('/chat/sessions?q=first%20LINE')).body.items).toHaveLength(1)
    expect((await get('/chat/sessions?q=%25')).body.items).toHaveLength(0)
  })

  test('pages through all of them once, in any order of sorting', async () => {
    const ids: string[] = []
    for (let count = 0; count < 5; count += 1) ids.push(await converse(1))
    for (const sort of ['updated_at', '-updated_at', 'created_at', '-created_at']) {
      const seen: string[] = []
      let cursor: string | null = null
      do {
        const page: Reply = await get(`/chat/sessions?limit=2&sort=${sort}${cursor ? `&cursor=${cursor}` : ''}`)
        seen.push(...page.body.items.map((item: { id: string }) => item.id))
        cursor = page.body.next_cursor
      } while (cursor)
      expect(seen).toEqual(sort.startsWith('-') ? ids.toReversed() : ids)
    }
  })

  test('a conversation is shown, renamed and deleted with all its messages', async () => {
    const { app, sql } = scenario
    const sessionId = await converse(2)
    const path = `/chat/sessions/${sessionId}`
    expect((await get(path)).body.title).toBe('question 1')
    const renamed = await call(app, `PATCH ${path}`, { token: user.token, body: { title: 'Renamed' } })
    expect([renamed.status, renamed.body.title, renamed.body.id]).toEqual([200, 'Renamed', sessionId])
    for (const title of ['', 'x'.repeat(201), null]) {
      expect((await call(app, `PATCH ${path}`, { token: user.token, body: { title } })).status).toBe(422)
    }
    const deleted = await call(app, `DELETE ${path}`, { token: user.token })
    expect([deleted.status, deleted.text]).toEqual([204, ''])
    expect(await sql`select 1 from tenant.chat_messages where session_id = ${sessionId}`).toHaveLength(0)
    for (const route of [`GET ${path}`, `GET ${path}/messages`, `DELETE ${path}`]) {
      const reply = await call(app, route, { token: user.token })
      expect([reply.status, reply.body.code]).toEqual([404, 'session.not_found'])
    }
    const body = { message: 'Hello?', session_id: sessionId }
    expect((await call(app, 'POST /chat', { token: user.token, body })).status).toBe(404)
  })

  test('another user’s conversation is the same 404 as none, and no model is called', async () => {
    const { app, superuser } = scenario
    const sessionId = await converse(1)
    scenario.model.reset()
    const other = await makeUser(app, superuser, { tenant: 'acme' })
    const calls: [string, unknown?][] = [
      ['GET /chat/sessions/ID'],
      ['GET /chat/sessions/ID/messages'],
      ['PATCH /chat/sessions/ID', { title: 'Mine' }],
      ['DELETE /chat/sessions/ID'],
    ]
    for (const [route, body] of calls) {
      const foreign = await call(app, route.replace('ID', sessionId), { token: other.token, body })
      const missing = await call(app, route.replace('ID', randomId), { token: other.token, body })
      expect([foreign.status, { ...foreign.body, request_id: '' }]).toEqual([
        missing.status,
        { ...missing.body, request_id: '' },
      ])
      expect(foreign.status).toBe(404)
    }
    for (const route of ['POST /chat', 'POST /chat/stream']) {
      const reply = await call(app, route, { token: other.token, body: { message: 'Hi', session_id: sessionId } })
      expect([reply.status, reply.body.code]).toEqual([404, 'session.not_found'])
    }
    expect(scenario.model.requests).toEqual([])
    expect((await get('/chat/sessions', other.token)).body.items).toEqual([])
    expect((await get(`/chat/sessions/${sessionId}/messages`)).body.items).toHaveLength(2)
  })
})

describe('the messages of a conversation', () => {
  test('have the contract’s fields, oldest first, in pages', async () => {
    const sessionId = await converse(3)
    const all = await get(`/chat/sessions/${sessionId}/messages`)
    expect(all.body.items.map((item: { content: string }) => item.content)).toEqual([
      'question 1',
      'answer 1',
      'question 2',
      'answer 2',
      'question 3',
      'answer 3',
    ])
    const fields = ['cited', 'content', 'created_at', 'id', 'role', 'sources', 'status', 'usage']
    for (const item of all.body.items) expect(Object.keys(item).sort()).toEqual(fields)
    expect(all.body.items[0]).toMatchObject({ role: 'user', status: 'completed', usage: null, sources: [], cited: [] })
    expect(all.body.items[1]).toMatchObject({ role: 'assistant', status: 'completed', sources: [], cited: [] })
    expect(all.body.items[1].usage.model).toBe('gpt-4o-mini')

    const first = await get(`/chat/sessions/${sessionId}/messages?limit=4`)
    const rest = await get(`/chat/sessions/${sessionId}/messages?limit=4&cursor=${first.body.next_cursor}`)
    expect([...first.body.items, ...rest.body.items]).toEqual(all.body.items)
    expect(rest.body.next_cursor).toBeNull()
  })
})
