import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, streamText } from 'ai'
import { call } from '../../support/call.ts'
import { makeTenant } from '../../support/people.ts'
import { chatsSentTo, type Scenario, startScenario } from '../../support/scenario.ts'

/** The tenant's bot as the Vercel AI SDK sees it, by an API key. */

let scenario: Scenario
let secret: string

beforeAll(async () => {
  scenario = await startScenario()
  const { app, superuser } = scenario
  await makeTenant(app, superuser, 'acme', { system_prompt: 'Be the bot of Acme.' })
  const made = await call(app, 'POST /admin/tenants/acme/api-keys', { token: superuser.token, body: { name: 'SDK' } })
  secret = made.body.secret
})
afterAll(() => scenario.stop())
beforeEach(() => scenario.model.reset())

describe('the Vercel AI SDK', () => {
  const bot = () =>
    createOpenAICompatible({ name: 'tenantry', apiKey: secret, baseURL: `${scenario.app.url}/v1` })('acme')

  test('generates a text', async () => {
    const { text, usage, finishReason } = await generateText({ model: bot(), prompt: 'What is it?', maxRetries: 0 })
    expect(text).toContain('You said: What is it?')
    expect([finishReason, (usage.totalTokens ?? 0) > 0]).toEqual(['stop', true])
  })

  test('streams a text with instructions of its own', async () => {
    scenario.model.behave({ delayMs: 5 })
    const { textStream, finishReason } = streamText({
      model: bot(),
      instructions: 'Be kind.',
      messages: [{ role: 'user', content: 'In pieces, please' }],
      maxRetries: 0,
    })
    const pieces: string[] = []
    for await (const piece of textStream) pieces.push(piece)
    expect(pieces.length).toBeGreaterThan(1)
    expect(pieces.join('')).toContain('You said: In pieces, please')
    expect(await finishReason).toBe('stop')
    expect(chatsSentTo(scenario.model)[0]?.body.messages[0]?.content).toContain('Be kind.')
  })

  test('tells what went wrong', async () => {
    const refused = await generateText({ model: bot(), prompt: 'x'.repeat(40_000), maxRetries: 0 }).catch(
      (error: unknown) => error,
    )
    expect(refused).toMatchObject({ statusCode: 400, message: expect.stringContaining('32,000 characters') })
  })
})
