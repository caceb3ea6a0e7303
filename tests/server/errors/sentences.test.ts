import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { describeAmount } from '../../../server/platform/limit-words.ts'
import { call, type Reply } from '../../support/call.ts'
import { makeSuperuser, makeTenant, type Person } from '../../support/people.ts'
import { startApp, type TestApp } from '../../support/start-app.ts'

let app: TestApp
let superuser: Person

beforeAll(async () => {
  app = await startApp()
  superuser = await makeSuperuser(app)
  await makeTenant(app, superuser, 'acme')
})
afterAll(() => app.stop())

const send = (route: string, body?: unknown): Promise<Reply> => call(app, route, { token: superuser.token, body })
const change = (body: unknown): Promise<Reply> => send('PATCH /admin/tenants/acme', body)

describe('a refused field is told', () => {
  test('inside of what may be null too, by the member that was meant', async () => {
    const negative = await change({ retrieval_weights: { keyword: -1, semantic: 1 } })
    expect(negative.status).toBe(422)
    expect(negative.body.errors).toEqual([
      { path: 'retrieval_weights.keyword', message: 'must be a number from 0 to 100' },
    ])
    const half = await change({ retrieval_weights: { keyword: 1 } })
    expect(half.body.errors).toEqual([
      { path: 'retrieval_weights.semantic', message: 'is required and must be a number from 0 to 100' },
    ])
  })

  test.each([
    [{ retrieval_weights: 5 }, 'retrieval_weights: must be an object, or null'],
    [{ retrieval_weights: [] }, 'retrieval_weights: must be an object, or null'],
    [{ limits: null }, 'limits: must be an object'],
    [{ pinecone_namespace: 5 }, 'pinecone_namespace: must be a text of at most 512 characters, or null'],
    [{ model_api_key: 'x' }, 'model_api_key: must have 8 to 500 characters; null removes it'],
    [{ retrieval: 'fast' }, 'retrieval: must be off, keyword, semantic, hybrid, or null for automatic'],
    [{ model: '' }, 'model: must have 1 to 200 characters, or null'],
    [{ is_active: 'yes' }, 'is_active: must be true or false'],
  ])('%j as “%s”', async (body, detail) => {
    const refused = await change(body)
    expect([refused.status, refused.body.code, refused.body.detail]).toEqual([422, 'request.invalid', detail])
  })

  test('as missing, with what it must be', async () => {
    const { body } = await send('POST /admin/users', { email: 'ann@people.example' })
    expect(body.detail).toBe('password: is required and must have 12 to 256 characters')
  })

  test('a list that is none and a choice that is none of its words', async () => {
    const preview = (history: unknown): Promise<Reply> =>
      send('POST /admin/tenants/acme/preview', { message: 'Hello', history })
    expect((await preview('x')).body.detail).toBe('history: must be a list')
    expect((await preview([{ role: 'system', content: 'x' }])).body.detail).toBe(
      'history.0.role: must be user or assistant',
    )
    expect((await send('GET /admin/audit?outcome=x')).body.detail).toBe('outcome: must be done, denied or failed')
  })

  test('on every route in a sentence of ours, and “or null” once', async () => {
    const sentences = new Set<string>()
    for (const { route, fields } of await listBodies()) {
      for (const field of fields) {
        for (const wrong of [5, 'x'.repeat(200_001), [], [{}], {}, false, null]) {
          const { status, body } = await send(route, { [field]: wrong })
          expect(status).toBeLessThan(500)
          for (const error of body?.errors ?? []) sentences.add(`${error.path}: ${error.message}`)
        }
      }
    }
    expect(sentences.size).toBeGreaterThan(80)
    const foreign = [...sentences].filter((sentence) =>
      /expected|union|\bnull\b.*\bnull\b|property|undefined/i.test(sentence),
    )
    expect(foreign).toEqual([])
  })

  /** Every route that takes JSON, with the fields it names. */
  async function listBodies(): Promise<{ route: string; fields: string[] }[]> {
    const { body: document } = await call(app, 'GET /swagger/json')
    const paths = Object.entries<Record<string, { requestBody?: { content: Record<string, { schema: any }> } }>>( // oxlint-disable-line typescript/no-explicit-any -- a document of any shape
      document.paths,
    )
    return paths.flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, operation]) => {
        const fields = operation.requestBody?.content['application/json']?.schema.properties
        if (!fields || path.startsWith('/v1') || path.startsWith('/auth/')) return []
        const route = `${method.toUpperCase()} ${path.replace('{id}', 'acme').replaceAll(/\{\w+\}/g, 'other')}`
        return [{ route, fields: Object.keys(fields) }]
      }),
    )
  }
})

describe('an amount of a limit is told', () => {
  test.each([
    ['requests_per_minute', 1, '1 request a minute'],
    ['requests_per_minute', 60, '60 requests a minute'],
    ['tokens_per_minute', 0, 'no tokens a minute'],
    ['concurrent_streams', 1, '1 answer at the same time'],
    ['tokens_per_month', 1_000_000, '1,000,000 tokens a month'],
    ['cost_per_month_micro_usd', 1_500_000, '$1.50 a month'],
  ] as const)('%s of %d as “%s”', (name, amount, words) => {
    expect(describeAmount(name, amount)).toBe(words)
  })
})
