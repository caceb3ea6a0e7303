import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import OpenAI, { APIError, AuthenticationError, RateLimitError } from 'openai'
import { call, send } from '../../support/call.ts'
import { makeTenant, makeUser, type Person, signIn } from '../../support/people.ts'
import { chatsSentTo, eventually, type Scenario, startScenario } from '../../support/scenario.ts'

/** The tenant's bot as OpenAI's own client sees it, by an API key. */

let scenario: Scenario
let secret: string
let user: Person
let client: OpenAI

beforeAll(async () => {
  scenario = await startScenario()
  const { app, superuser } = scenario
  await makeTenant(app, superuser, 'acme', { system_prompt: 'Be the bot of Acme.', max_output_tokens: 500 })
  const made = await call(app, 'POST /admin/tenants/acme/api-keys', { token: superuser.token, body: { name: 'SDKs' } })
  secret = made.body.secret
  const assigned = await makeUser(app, superuser, { tenant: 'acme' })
  user = await signIn(app, assigned.email, 'acme')
  client = new OpenAI({ apiKey: secret, baseURL: `${app.url}/v1`, maxRetries: 0 })
})
afterAll(() => scenario.stop())
beforeEach(async () => {
  scenario.model.reset()
  await scenario.sql`truncate usage_ledger`
})

const asked = (content: string) => ({ model: 'gpt-4o', messages: [{ role: 'user' as const, content }] })
const ledger = async () => [
  ...(await scenario.sql<{ source: string; purpose: string; status: string; total: number }[]>`
    select source, purpose, status, prompt_tokens + completion_tokens as total from usage_ledger order by created_at`),
]
/** What a call of the SDK was refused with. */
const refusal = async (work: Promise<unknown>): Promise<InstanceType<typeof APIError>> => {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(thrown instanceof APIError)) throw new Error(`no APIError: ${String(thrown)}`)
  return thrown
}

describe('the openai SDK', () => {
  test('gets a whole answer of the tenant’s bot, counted once and kept nowhere', async () => {
    const { data, request_id } = await client.chat.completions.create(asked('What is it?')).withResponse()
    expect(data.id).toMatch(/^chatcmpl-[0-9a-f]{32}$/)
    expect(data.object).toBe('chat.completion')
    expect(data.model).toBe('gpt-4o-mini')
    expect(request_id).toMatch(/^[0-9a-f-]{36}$/)
    expect(data.choices).toMatchObject([{ index: 0, finish_reason: 'stop', message: { role: 'assistant' } }])
    expect(data.choices[0]?.message.content).toContain('You said: What is it? (My instructions: Be the bot of Acme.')
    const { prompt_tokens = 0, completion_tokens = 0, total_tokens } = data.usage ?? {}
    expect(prompt_tokens).toBeGreaterThan(0)
    expect(total_tokens).toBe(prompt_tokens + completion_tokens)
    expect(await ledger()).toEqual([
      { source: 'api_key', purpose: 'chat', status: 'completed', total: prompt_tokens + completion_tokens },
    ])
    expect(await scenario.sql`select 1 from tenant.chat_sessions`).toHaveLength(0)
  })

  test('gets the same answer in chunks, the usage last when it asks for it', async () => {
    const stream = await client.chat.completions.create({
      ...asked('And in pieces?'),
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks: OpenAI.ChatCompletionChunk[] = []
    for await (const chunk of stream) chunks.push(chunk)
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '' })
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
    expect(text).toContain('You said: And in pieces?')
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop')
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } })
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true)
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1)
    expect(await ledger()).toMatchObject([{ status: 'completed', total: chunks.at(-1)?.usage?.total_tokens }])
  })

  test('gets no usage in chunks unless it asks, and every stream ends with [DONE]', async () => {
    const body = { ...asked('Hello?'), stream: true }
    const response = await send(scenario.app, 'POST /v1/chat/completions', { token: secret, body })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const frames = (await response.text()).split('\n\n')
    expect(frames.slice(-2)).toEqual(['data: [DONE]', ''])
    expect(frames.filter((frame) => frame.includes('usage'))).toEqual([])
  })

  test('keeps the order of the conversation; its system messages come after the tenant’s prompt', async () => {
    await client.chat.completions.create({
      model: 'any',
      messages: [
        { role: 'system', content: 'Answer in rhymes.' },
        { role: 'user', content: 'One' },
        { role: 'assistant', content: 'Two' },
        { role: 'developer', content: [{ type: 'text', text: 'Be short.' }] },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Three' },
            { type: 'text', text: 'Four' },
          ],
        },
      ],
    })
    const [sent] = chatsSentTo(scenario.model)
    const [system, ...rest] = sent?.body.messages ?? []
    expect(rest).toEqual([
      { role: 'user', content: 'One' },
      { role: 'assistant', content: 'Two' },
      { role: 'user', content: 'Three\nFour' },
    ])
    expect(system?.role).toBe('system')
    expect(system?.content).toMatch(/^Be the bot of Acme\.\n\n.*goes before.*\nAnswer in rhymes\.\n\nBe short\.$/)
  })

  test('chooses how words are picked within bounds; the tenant’s longest answer stays the longest', async () => {
    await client.chat.completions.create({ ...asked('a'), temperature: 0.2, top_p: 0.9, stop: ['END'], seed: 7 })
    await client.chat.completions.create({ ...asked('b'), max_tokens: 20 })
    await client.chat.completions.create({ ...asked('c'), max_completion_tokens: 9_000 })
    const sent = chatsSentTo(scenario.model).map(({ body }) => body)
    expect(sent[0]).toMatchObject({ temperature: 0.2, top_p: 0.9, stop: ['END'], seed: 7, model: 'gpt-4o-mini' })
    expect(sent.map((body) => body.max_completion_tokens)).toEqual([500, 20, 500])
    expect(Object.keys(sent[1] ?? {})).not.toContain('temperature')
  })

  test('knows the one model that answers', async () => {
    const listed = (await client.models.list()).data
    expect(listed).toMatchObject([{ id: 'gpt-4o-mini', object: 'model', owned_by: 'acme' }])
    expect(await client.models.retrieve('gpt-4o-mini')).toEqual(listed[0]!)
    const refused = await refusal(client.models.retrieve('gpt-9/large'))
    expect([refused.status, refused.code, refused.type]).toEqual([404, 'model_not_found', 'invalid_request_error'])
  })

  test('is stopped by its asker: the finish reason is one that its types know', async () => {
    scenario.model.behave({ tokens: 5_000, delayMs: 20 })
    const stream = await client.chat.completions.create({ ...asked('On and on'), stream: true })
    const reasons: unknown[] = []
    for await (const { choices } of stream) {
      reasons.push(choices[0]?.finish_reason)
      if (reasons.length !== 3) continue
      const [call_] = await scenario.sql<{ id: string }[]>`select id from usage_ledger`
      const stopped = await call(scenario.app, `POST /chat/streams/${call_?.id}/stop`, { token: secret })
      expect(stopped.body.stopped).toBe(true)
    }
    expect(reasons.at(-1)).toBe('stop')
    expect(await ledger()).toMatchObject([{ status: 'aborted', source: 'api_key' }])
  })

  test('leaves: the call upstream is aborted within a second and what was generated is counted once', async () => {
    scenario.model.behave({ tokens: 5_000, delayMs: 20 })
    const stream = await client.chat.completions.create({ ...asked('On and on'), stream: true })
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break
    await eventually(() => scenario.model.requests[0]?.aborted, 1_000)
    await eventually(async () => (await ledger())[0]?.status === 'aborted')
    expect(await ledger()).toMatchObject([{ status: 'aborted', source: 'api_key' }])
  })
})

describe('what goes wrong', () => {
  const create = (body: object) => client.chat.completions.create({ ...asked('Hello?'), ...body })

  test('a key that opens nothing is OpenAI’s 401', async () => {
    const stranger = new OpenAI({ apiKey: `tk_${'x'.repeat(64)}`, baseURL: `${scenario.app.url}/v1`, maxRetries: 0 })
    const refused = await refusal(stranger.chat.completions.create(asked('Hello?')))
    expect(refused).toBeInstanceOf(AuthenticationError)
    expect([refused.code, refused.type, refused.param]).toEqual(['invalid_api_key', 'invalid_request_error', null])
  })

  test.each<[object, string]>([
    [{ messages: [] }, 'messages'],
    [{ messages: [{ role: 'boss', content: 'a' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'tool', content: 'a', tool_call_id: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', content: 7 }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: '  ' }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: 'x'.repeat(32_001) }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, 'messages[0].content[0].type'],
    [{ messages: [{ role: 'assistant', content: 'a' }] }, 'messages[0].role'],
    [{ temperature: 2.1 }, 'temperature'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ n: 2 }, 'n'],
    [{ tools: [{ type: 'function', function: { name: 'f' } }] }, 'tools'],
    [{ response_format: { type: 'json_object' } }, 'response_format.type'],
  ])('what cannot be done is a 400 that names the field: %j', async (body, param) => {
    const refused = await refusal(create(body))
    expect([refused.status, refused.type, refused.param]).toEqual([400, 'invalid_request_error', param])
    expect(refused.message).toContain('must')
    expect(await ledger()).toEqual([])
  })

  test('parameters that nobody here knows are left alone', async () => {
    const reply = await create({ user: 'somebody', store: true, logit_bias: {}, metadata: { a: 'b' }, made_up: [1] })
    expect(reply.choices).toHaveLength(1)
  })

  test('E2: fields that come by a prototype are refused, and so no limit is passed by them', async () => {
    const hidden = ['{"stream":true}', '{"max_tokens":-1000000}', '{"max_tokens":"many"}', '{"n":5}']
    for (const fields of hidden) {
      for (const raw of [
        `{"messages":[{"role":"user","content":"a"}],"__proto__":${fields}}`,
        `{"messages":[{"role":"user","content":"a"}],"stream_options":{"__proto__":${fields}}}`,
        `{"messages":[{"role":"user","content":"a","__proto__":${fields}}]}`,
      ]) {
        const reply = await call(scenario.app, 'POST /v1/chat/completions', { token: secret, raw })
        expect([reply.status, reply.body.error?.type]).toEqual([400, 'invalid_request_error'])
      }
    }
    expect(await ledger()).toEqual([])
  })

  test('broken JSON is a 400 in the same shape, and an unknown route a 404', async () => {
    const broken = await call(scenario.app, 'POST /v1/chat/completions', { token: secret, raw: '{"messages": ' })
    expect([broken.status, broken.body]).toEqual([
      400,
      { error: { message: expect.any(String), type: 'invalid_request_error', param: null, code: 'request.malformed' } },
    ])
    const unknown = await refusal(client.embeddings.create({ model: 'a', input: 'b' }))
    expect([unknown.status, unknown.code]).toEqual([404, 'route.not_found'])
  })

  test('a failing provider is a 502 before the answer and an error in the stream after its beginning', async () => {
    scenario.model.behave({ status: 500 })
    const refused = await refusal(create({ stream: true }))
    expect([refused.status, refused.type, refused.code]).toEqual([502, 'server_error', 'model.upstream_error'])
    scenario.model.behave({ tokens: 50, cutAfter: 3 })
    const stream = await client.chat.completions.create({ ...asked('Hello?'), stream: true })
    const cut = await refusal(
      (async () => {
        for await (const chunk of stream) expect(chunk.object).toBe('chat.completion.chunk')
      })(),
    )
    expect(cut.code).toBe('model.upstream_error')
    expect((await ledger()).map(({ status }) => status)).toEqual(['failed', 'failed'])
  })

  test('a suspended tenant is OpenAI’s 403', async () => {
    const { app, superuser } = scenario
    await call(app, 'DELETE /admin/tenants/acme', { token: superuser.token })
    const refused = await refusal(create({}))
    await call(app, 'POST /admin/tenants/acme/activate', { token: superuser.token })
    expect([refused.status, refused.code]).toEqual([403, 'tenant.inactive'])
  })

  test('too many requests are OpenAI’s 429 with its headers; what the month has used up is not worth another try', async () => {
    const { app, superuser } = scenario
    const limit = (limits: object) =>
      call(app, 'PATCH /admin/tenants/acme', { token: superuser.token, body: { limits } })
    await limit({ requests_per_minute: 1 })
    const { response } = await create({}).withResponse()
    expect(response.headers.get('x-ratelimit-limit-requests')).toBe('1')
    const fast = await refusal(create({}))
    expect(fast).toBeInstanceOf(RateLimitError)
    expect([fast.code, fast.type]).toEqual(['rate_limit_exceeded', 'requests'])
    expect(Number(fast.headers?.get('retry-after'))).toBeGreaterThan(0)
    expect(fast.headers?.get('x-ratelimit-remaining-requests')).toBe('0')
    await limit({ requests_per_minute: null, tokens_per_month: 1 })
    const used = await refusal(create({}))
    await limit({ tokens_per_month: null })
    expect([used.status, used.code, used.type]).toEqual([429, 'insufficient_quota', 'insufficient_quota'])
    expect(used.headers?.get('x-should-retry')).toBe('false')
  })

  test('a user’s token opens it too, and its usage is not the key’s', async () => {
    const { app } = scenario
    const own = new OpenAI({ apiKey: user.token, baseURL: `${app.url}/v1`, maxRetries: 0 })
    expect((await own.chat.completions.create(asked('Me'))).choices).toHaveLength(1)
    expect(await ledger()).toMatchObject([{ source: 'api' }])
  })
})

describe('sources', () => {
  test('come beside the answer, in chunks and whole', async () => {
    const { app, sql, superuser } = scenario
    await makeTenant(app, superuser, 'library')
    const [document] = await sql`insert into tenant.documents (tenant_id, id, title)
      values ('library', gen_random_uuid(), 'Opening times') returning id`
    await sql`insert into tenant.chunks (tenant_id, id, document_id, position, text, start_offset, end_offset)
      values ('library', gen_random_uuid(), ${document?.id}, 0, 'The library opens at nine.', 0, 26)`
    const made = await call(app, 'POST /admin/tenants/library/api-keys', {
      token: superuser.token,
      body: { name: 'Readers' },
    })
    const readers = new OpenAI({ apiKey: made.body.secret, baseURL: `${app.url}/v1`, maxRetries: 0 })
    scenario.model.behave({ text: 'It opens at nine [1].' }, { sticky: true })
    const whole = await call(app, 'POST /v1/chat/completions', {
      token: made.body.secret,
      body: asked('When does the library open?'),
    })
    expect(whole.body).toMatchObject({ cited: [1], sources: [{ n: 1, title: 'Opening times' }] })
    const found: unknown[] = []
    const stream = await readers.chat.completions.create({ ...asked('When does the library open?'), stream: true })
    for await (const chunk of stream) for (const name of ['sources', 'cited']) found.push(Reflect.get(chunk, name))
    expect(found.filter((each) => each !== undefined)).toMatchObject([[{ n: 1, title: 'Opening times' }], [1]])
  })
})
