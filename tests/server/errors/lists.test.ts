import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { call, type Reply } from '../../support/call.ts'
import { makeTenant, makeUser, type Person } from '../../support/people.ts'
import { ask, type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario
let user: Person
let sessionId = ''
let lists: string[] = []

beforeAll(async () => {
  scenario = await startScenario()
  const { app, superuser } = scenario
  await makeTenant(app, superuser, 'acme', { retrieval: 'off' })
  user = await makeUser(app, superuser, { tenant: 'acme' })
  sessionId = (await ask(app, { token: user.token })).data('start').session_id
  const { body: document } = await call(app, 'GET /swagger/json')
  lists = Object.entries<{ get?: { responses: Record<string, unknown> } }>(document.paths).flatMap(
    ([path, { get }]) => {
      const hasItems = JSON.stringify(get?.responses['200'] ?? {}).includes('"next_cursor"')
      // What usage holds is bounded by its span, and /v1 is OpenAI's.
      return hasItems && !path.endsWith('/usage') && !path.startsWith('/v1') ? [path] : []
    },
  )
})
afterAll(() => scenario.stop())

const list = (path: string, query = ''): Promise<Reply> => {
  const route = path.replace('{id}', 'acme').replace('{session}', sessionId)
  const isChat = path.startsWith('/chat/')
  const { token } = isChat ? user : scenario.superuser
  return call(scenario.app, `GET ${route}${query}`, { token })
}
const read = async (path: string, query?: string): Promise<Reply['body']> => {
  const { status, body } = await list(path, query)
  expect([path, query, status]).toEqual([path, query, 200])
  return body
}

test.each([
  ['limit', '0'],
  ['limit', '201'],
  ['limit', 'many'],
  ['cursor', 'nonsense'],
  ['cursor', Buffer.from('["x","y","z"]').toString('base64url')],
  ['sort', 'nonsense'],
])('every list refuses ?%s=%s by its name and a sentence', async (name, value) => {
  expect(lists.length).toBeGreaterThan(13)
  const answers: unknown[] = []
  for (const path of lists) {
    if (path === '/organizations') continue
    const { status, body } = await list(path, `?${name}=${value}`)
    answers.push([path, status, body.code, body.errors?.map((error: { path: string }) => error.path)])
    expect(body.detail ?? '').toMatch(new RegExp(`^${name}: (must|is|use) `))
  }
  expect(answers).toEqual(answers.map((answer) => [(answer as string[])[0], 422, 'request.invalid', [name]]))
})

describe('a list of few', () => {
  const path = '/admin/tenants/{id}/api-keys'
  const names = ['Beta', 'alpha', 'Gamma', 'delta', 'Epsilon']

  beforeAll(async () => {
    const { app, superuser } = scenario
    for (const name of names) {
      const body = { name, scopes: ['chat'] }
      const made = await call(app, 'POST /admin/tenants/acme/api-keys', { token: superuser.token, body })
      expect(made.status).toBe(201)
    }
  })
  const namesOf = (body: Reply['body']): string[] => body.items.map(({ name }: { name: string }) => name)

  test('is whole and in its own order, unless something is asked for', async () => {
    const whole = await read(path)
    expect(namesOf(whole)).toEqual(names)
    expect(whole.next_cursor).toBeNull()
    expect(namesOf(await read(path, '?q=ETA'))).toEqual(['Beta'])
    expect(namesOf(await read(path, '?sort=name'))).toEqual(names.toSorted())
    expect(namesOf(await read(path, '?sort=-created_at'))).toEqual(names.toReversed())
  })

  test('comes page by page, nothing twice and nothing left out, also when an item is deleted in between', async () => {
    const seen: string[] = []
    let query = '?sort=-name&limit=2'
    for (;;) {
      const page = await read(path, query)
      seen.push(...namesOf(page))
      if (page.next_cursor === null) break
      expect(page.items).toHaveLength(2)
      query = `?sort=-name&limit=2&cursor=${page.next_cursor}`
    }
    expect(seen).toEqual(names.toSorted().toReversed())
    const first = await read(path, '?sort=name&limit=2')
    const { token } = scenario.superuser
    await call(scenario.app, `DELETE /admin/tenants/acme/api-keys/${first.items[1].id}`, { token })
    const rest = await read(path, `?sort=name&cursor=${first.next_cursor}`)
    expect([...namesOf(first), ...namesOf(rest)]).toEqual(names.toSorted())
    const other = await list(path, `?sort=-name&cursor=${first.next_cursor}`)
    expect([other.status, other.body.errors[0].path]).toEqual([422, 'cursor'])
  })
})
