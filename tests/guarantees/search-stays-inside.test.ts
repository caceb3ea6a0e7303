import { afterAll, beforeAll, expect, test } from 'bun:test'
import { array, assert, asyncProperty, constantFrom, nat, oneof, string } from 'fast-check'
import { searchChunks } from '../../server/data/chunk-search.data.ts'
import type { TenantScope } from '../../server/data/tenant-scope.ts'
import { parseTenantId } from '../../server/platform/ids.ts'
import { asOwner } from '../support/owner-sql.ts'
import { makeSuperuser, makeTenant } from '../support/people.ts'
import { startApp, type TestApp } from '../support/start-app.ts'
import { fillStore } from '../support/store-rows.ts'

const runs = process.env.FULL === '1' ? 20_000 : 1_500
let app: TestApp
let scopes: { canary: string; scope: TenantScope }[]

beforeAll(async () => {
  app = await startApp()
  const superuser = await makeSuperuser(app)
  scopes = []
  for (const id of ['acme', 'beta', 'empty']) {
    await makeTenant(app, superuser, id)
    const rows = await asOwner(app, (sql) => fillStore(sql, id, id === 'empty' ? 0 : 8))
    const scope = app.services.databases.scopeOf({ id: parseTenantId(id)!, isolation: 'pooled' })
    scopes.push({ canary: rows.canary, scope })
  }
})
afterAll(() => app.stop())

const word = constantFrom('whales', 'prices', 'number', 'knows', 'canary-acme', 'canary-beta', "o'neill", 'the', '')
const operator = constantFrom(
  '&',
  '|',
  '!',
  '<->',
  '<2>',
  ':*',
  '*',
  'wh*',
  '“',
  '”',
  ':ABCD',
  '(',
  ')',
  "'",
  "''",
  '"',
  '\\',
  '$$',
  '--',
  ';',
  '/*',
  "' or tenant_id <> '",
  "'); select set_config('app.tenant_id', 'beta', false); --",
  '%',
  '_',
  '\n',
  '\t',
)
/** A question: words of the texts, operators of tsquery and SQL, any Unicode that a request can carry. */
const question = array(oneof({ weight: 3, arbitrary: word }, operator, string({ unit: 'binary', maxLength: 12 })), {
  maxLength: 30,
}).map((parts) => parts.join(' ').replaceAll('\u0000', '').toWellFormed())
const chunksMax = constantFrom(-2_147_483_648, -1, 0, 1, 5, 100, 101, 2_147_483_647)

test(`A5: tenant.search_chunks, asked ${runs} odd questions, never fails and never finds a foreign passage`, async () => {
  let found = 0
  await assert(
    asyncProperty(question, chunksMax, nat(2), async (text, limit, which) => {
      const { scope, canary } = scopes[which]!
      const passages = await scope.read((database) => searchChunks(database, { question: text, passagesMax: limit }))
      expect(passages.length).toBeLessThanOrEqual(Math.min(Math.max(limit, 0), 100))
      for (const passage of passages) {
        expect(`${passage.title} ${passage.text}`).toStartWith(`${canary} `)
        expect(passage.text).toContain(canary)
      }
      found += passages.length
    }),
    { numRuns: runs },
  )
  expect(found).toBeGreaterThan(runs / 10)
}, 120_000)

test('A5: a question of the longest message, of one word, of 6,000 words or of nothing is answered quickly', async () => {
  const { scope } = scopes[0]!
  const many = Array.from({ length: 6_000 }, (_, n) => `word${n}`).join(' ')
  const questions = {
    repeated: 'whales '.repeat(4_500),
    'one word': 'x'.repeat(32_000),
    'one word of Unicode': 'é'.repeat(32_000),
    quotes: "'".repeat(32_000),
    nothing: '',
    operators: '& | ! <-> ( ) :*',
    'many words': `whales ${many}`,
    'many words that nobody wrote, first': `${many.slice(0, 200)} whales`,
  }
  for (const [title, text] of Object.entries(questions)) {
    const startedMs = performance.now()
    const found = await scope.read((database) => searchChunks(database, { question: text, passagesMax: 5 }))
    expect({ title, quick: performance.now() - startedMs < 300 }).toEqual({ title, quick: true })
    expect(found.length).toBe(text.includes('whales') ? 5 : 0)
  }
})

test('A5: the search of a tenant without documents finds nothing, whatever the others have', async () => {
  const { scope } = scopes[2]!
  expect(
    await scope.read((database) => searchChunks(database, { question: 'whales prices number', passagesMax: 100 })),
  ).toEqual([])
})

test('A5: nobody but the runtime group may call the search, and it runs with a pinned search path', async () => {
  const [row] = await asOwner(
    app,
    (sql) => sql<{ definer: boolean; config: string[]; public: boolean }[]>`
      select prosecdef as definer, proconfig as config, has_function_privilege('public', oid, 'execute') as public
      from pg_proc where oid = 'tenant.search_chunks(text, text[], text[], text, integer)'::regprocedure`,
  )
  expect(row).toMatchObject({ definer: true, public: false })
  expect(row?.config).toContain('search_path=pg_catalog, pg_temp')
})
