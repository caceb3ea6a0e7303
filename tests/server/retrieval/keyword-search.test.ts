import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { searchChunks } from '../../../server/data/chunk-search.data.ts'
import type { TenantScope } from '../../../server/data/tenant-scope.ts'
import { parseTenantId } from '../../../server/platform/ids.ts'
import { detectLanguage } from '../../../server/platform/language.ts'
import type { SearchLanguage } from '../../../server/platform/search-language.ts'
import { createOwnerRole } from '../../support/databases.ts'
import { asOwner } from '../../support/owner-sql.ts'
import { makeSuperuser, makeTenant, type Person } from '../../support/people.ts'
import { eventually } from '../../support/scenario.ts'
import { startApp, type TestApp } from '../../support/start-app.ts'
import { addDocument } from '../chat/knowledge.ts'

let app: TestApp
let superuser: Person
let tenants = 0

beforeAll(async () => {
  app = await startApp()
  superuser = await makeSuperuser(app)
})
afterAll(() => app.stop())

/** Asks a new tenant that knows these documents; gives the texts that are found, best first. */
async function library(
  documents: { title?: string; language?: SearchLanguage; headings?: (string | null)[]; passages: string[] }[],
): Promise<{ id: string; scope: TenantScope; find: (question: string, passagesMax?: number) => Promise<string[]> }> {
  const id = `library-${(tenants += 1)}`
  await makeTenant(app, superuser, id)
  await asOwner(app, async (sql) => {
    for (const [index, document] of documents.entries()) {
      await addDocument(sql, { tenant: id, title: `Document ${index}`, ...document })
    }
  })
  const scope = app.services.databases.scopeOf({ id: parseTenantId(id)!, isolation: 'pooled' })
  return {
    id,
    scope,
    async find(question, passagesMax = 10) {
      const found = await scope.read((database) => searchChunks(database, { question, passagesMax }))
      for (const { score } of found) {
        expect(score).toBeGreaterThan(0)
        expect(score).toBeLessThanOrEqual(1)
      }
      return found.map(({ text }) => text)
    },
  }
}

describe('keyword search', () => {
  test('finds a word in all its forms, by the rules of the document’s language', async () => {
    const { find } = await library([
      { language: 'german', passages: ['Die Häuser am Markt sind alt.'] },
      { language: 'french', passages: ['Les chevaux mangent du foin.'] },
      { language: 'english', passages: ['She was running along the river.'] },
      { language: 'russian', passages: ['Сотрудники получают отпуск.'] },
    ])
    expect(await find('Haus am Marktes')).toEqual(['Die Häuser am Markt sind alt.'])
    expect(await find('mangeait')).toEqual(['Les chevaux mangent du foin.'])
    expect(await find('who runs?')).toEqual(['She was running along the river.'])
    expect(await find('отпуска сотрудника')).toEqual(['Сотрудники получают отпуск.'])
  })

  test('words of a language without rules are found as they are, also where no spaces are written', async () => {
    const { find } = await library([
      {
        language: 'simple',
        passages: ['従業員は年間20日の有給休暇を取得できます。', 'Zaměstnanec má nárok na dovolenou.'],
      },
    ])
    expect(await find('有給休暇')).toEqual(['従業員は年間20日の有給休暇を取得できます。'])
    expect(await find('dovolenou')).toEqual(['Zaměstnanec má nárok na dovolenou.'])
  })

  test('typographic marks, soft hyphens and ideographic stops are no part of a word', async () => {
    const passages = ['„Kündigung“ – so heißt’s im Ver\u00adtrag…', '年間20日。有給休暇「あり」']
    const { find } = await library([{ language: 'german', passages }])
    expect(await find('Kündigung')).toEqual([passages[0] ?? ''])
    expect(await find('Vertrag heißt')).toEqual([passages[0] ?? ''])
    expect(await find('有給休暇「')).toEqual([passages[1] ?? ''])
  })

  test('a rare word says more than common ones', async () => {
    const common = Array.from({ length: 30 }, (_, n) => `Every year the office opens on day ${n}.`)
    const { find } = await library([{ passages: [...common, 'The ZX-9000 is serviced.'] }])
    const [first] = await find('On which day of the year is the office’s ZX-9000 opened?')
    expect(first).toBe('The ZX-9000 is serviced.')
  })

  test('title and headings weigh more than the text, and are found though the text does not repeat them', async () => {
    const { find } = await library([
      { title: 'Canteen', passages: ['Mentions vacation once.', 'Opens at noon.'] },
      { title: 'Vacation', passages: ['Thirty days.'] },
      { title: 'Leave', headings: ['Vacation › Carry-over'], passages: ['Until March.'] },
    ])
    expect(await find('vacation')).toEqual(['Thirty days.', 'Until March.', 'Mentions vacation once.'])
    expect(await find('carry-over of vacation', 1)).toEqual(['Until March.'])
  })

  test('words that stand together come before words that are far apart', async () => {
    const filler = 'Nothing of importance is written here, only filler. '.repeat(6)
    const apart = `Parental rules come first. ${filler} Some leave early.`
    const together = `${filler} Parental leave lasts a year. ${filler}`
    const { find } = await library([{ passages: [apart, together] }])
    expect(await find('parental leave')).toEqual([together, apart])
  })

  test('a phrase in quotation marks is taken to the letter, where there is one', async () => {
    const { find } = await library([
      { passages: ['Paid annual leave is granted.', 'Leave the annual report here.', 'Leave it.'] },
    ])
    expect(await find('"annual leave"')).toEqual(['Paid annual leave is granted.'])
    expect(await find('What does „annual leave“ mean?')).toEqual(['Paid annual leave is granted.'])
    expect(await find('the "monthly leave" of the annual report')).toContain('Leave the annual report here.')
    expect(await find('annual leave')).toHaveLength(3)
  })

  test('the last word may be typed only in part, and a star means whatever begins so', async () => {
    const { find } = await library([
      { passages: ['The warranty lasts seven years.', 'Wars are not covered.', 'War ends.'] },
    ])
    expect(await find('warran')).toEqual(['The warranty lasts seven years.'])
    expect(await find('how long is the warrantie')).toEqual(['The warranty lasts seven years.'])
    // A word that is whole is meant as it is.
    expect((await find('war')).toSorted()).toEqual(['War ends.', 'Wars are not covered.'])
    expect(await find('war*')).toHaveLength(3)
    expect(await find('warran is')).toEqual([])
  })

  test('a document that gets another title or language is found by them', async () => {
    const { id, find } = await library([{ title: 'Old', language: 'simple', passages: ['Die Katzen schlafen.'] }])
    expect(await find('Katze Mietvertrag')).toEqual([])
    await asOwner(
      app,
      (sql) => sql`
      update tenant.documents set title = 'Mietverträge', language = 'german' where tenant_id = ${id}`,
    )
    expect(await find('Mietvertrag')).toEqual(['Die Katzen schlafen.'])
    expect(await find('Katze')).toEqual(['Die Katzen schlafen.'])
    expect(await find('Old')).toEqual([])
  })

  test('words that are everywhere are found, too: together, in headings, or alone', async () => {
    const passages = Array.from({ length: 900 }, (_, n) => {
      const words = [n % 2 ? 'alpha' : '', n % 3 ? 'beta' : '', n % 5 ? 'gamma' : '']
      return `Entry ${n} ${words.join(' ')}`
    })
    const { find } = await library([{ passages }])
    const together = await find('alpha beta gamma')
    expect(together).toHaveLength(10)
    for (const text of together) expect(text).toMatch(/alpha beta gamma/)
    expect(await find('alpha')).toHaveLength(10)
    expect(await find('entry 123 alpha')).toContain('Entry 123 alpha  gamma')
  }, 30_000)

  test('the same question finds the same, in the same order', async () => {
    const { find } = await library([{ passages: Array.from({ length: 60 }, (_, n) => `The same words, number ${n}.`) }])
    expect(await find('the same words')).toEqual(await find('the same words'))
  })
})

test('A5: the search goes through its index under the policies, also where the owner is no superuser', async () => {
  const database = await createOwnerRole()
  const weak = await startApp({ database, migrate: true })
  try {
    await makeTenant(weak, await makeSuperuser(weak), 'weak')
    const look = () =>
      asOwner(weak, async (sql) => {
        const [row] = await sql<{ by_index: number; by_scan: number }[]>`
          select i.idx_scan::int as by_index, t.seq_scan::int as by_scan
          from pg_stat_user_indexes i join pg_stat_user_tables t using (relid) where i.indexrelname = 'chunks_words'`
        return row
      })
    await asOwner(weak, async (sql) => {
      const passages = Array.from({ length: 400 }, (_, n) => `Passage ${n} of word${n} among others.`)
      await addDocument(sql, { tenant: 'weak', title: 'Long', passages })
      await sql`select pg_stat_force_next_flush()`
    })
    const before = await look()
    const scope = weak.services.databases.scopeOf({ id: parseTenantId('weak')!, isolation: 'pooled' })
    const found = await scope.read(async (tenantRows) => {
      const passages = await searchChunks(tenantRows, { question: 'word123', passagesMax: 5 })
      await tenantRows.execute(sql`select pg_stat_force_next_flush()`)
      return passages.map(({ text }) => text)
    })
    expect(found).toEqual(['Passage 123 of word123 among others.'])
    const after = await eventually(async () => {
      const now = await look()
      return now && before && now.by_index > before.by_index ? now : undefined
    })
    expect(after.by_scan).toBe(before?.by_scan ?? -1)
  } finally {
    await weak.stop()
    await database.drop()
  }
})

describe('the language of a text', () => {
  test.each([
    ['How many vacation days do I get in my first year?', 'english'],
    ['Jeder Mitarbeiter hat 28 Urlaubstage im Jahr.', 'german'],
    ['Les salariés ont droit à 25 jours de congé par an.', 'french'],
    ['Medarbejdere har ret til fem ugers ferie om året.', 'danish'],
    ['Запослени имају право на годишњи одмор од двадесет дана.', 'serbian'],
    ['従業員は年間20日の有給休暇を取得できます。', 'simple'],
    ['ZX-9000 4711', 'simple'],
    ['', 'simple'],
  ])('of “%s” is %s', (text, language) => {
    expect<string>(detectLanguage(text)).toBe(language)
  })
})
