import { afterAll, beforeAll, expect, test } from 'bun:test'
import { call } from '../support/call.ts'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'
import { password } from '../support/people.ts'
import { productionEnv, signInFirst } from '../support/production.ts'
import { ask, eventually, openOwner } from '../support/scenario.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'

const rounds = process.env.FULL ? 30 : 4
const messages = 2_000
const steps = ['preparing', 'copying', 'pausing', 'moved'] as const

let database: TestDatabase
let running: ServerProcess | undefined
const start = () => startServerProcess({ ...productionEnv, DATABASE_URL: database.ownerUrl })

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(async () => {
  await running?.stop()
  await database.drop()
})

test(`a tenant whose move is killed at any moment, ${rounds} times, works on one side with all its messages`, async () => {
  const sql = openOwner({ database })
  running = await start()
  let token = await signInFirst(running)
  await call(running, 'POST /admin/tenants', { token, body: { id: 'acme', name: 'Acme' } })
  const user = await call(running, 'POST /admin/tenants/acme/users', {
    token,
    body: { email: 'una@acme.example', password },
  })
  await sql`insert into tenant.chat_sessions (tenant_id, id, user_id, title)
    select 'acme', gen_random_uuid(), ${user.body.id}, 'Session ' || n from generate_series(1, ${messages / 100}) n`
  await sql`insert into tenant.chat_messages (tenant_id, id, session_id, role, content)
    select 'acme', gen_random_uuid(), s.id, 'user', 'Message ' || n from tenant.chat_sessions s, generate_series(1, 100) n`
  await sql.end()

  let expected = messages
  const outcomes: string[] = []
  for (let round = 0; round < rounds; round += 1) {
    const before = await call(running, 'GET /admin/tenants/acme', { token })
    const target = before.body.isolation === 'pooled' ? 'dedicated' : 'pooled'
    const started = await call(running, 'POST /admin/tenants/acme/move', { token, body: { isolation: target } })
    expect([started.status, started.body.code]).toEqual([202, undefined])
    await reach(running, token, steps[round % steps.length] ?? 'copying')
    await Bun.sleep(Math.random() * 20)
    await running.killHard()
    running = await start()
    const server = running
    token = await signInFirst(server)
    const ended = await eventually(async () => {
      const { body } = await call(server, 'GET /admin/tenants/acme/move', { token })
      return body.ended_at ? body : undefined
    }, 30_000)
    const after = await call(server, 'GET /admin/tenants/acme', { token })
    outcomes.push(`${target}: ${ended.step}`)
    expect(['moved', 'failed']).toContain(ended.step)
    expect([after.body.state, after.body.isolation]).toEqual([
      'active',
      ended.step === 'moved' ? target : before.body.isolation,
    ])
    const una = await call(server, 'POST /auth/login', {
      tenant: 'acme',
      body: { email: 'una@acme.example', password },
    })
    await ask(server, { token: una.body.access_token, message: `Still there after ${round}?` })
    expected += 2
    expect(await countMessages(server, una.body.access_token)).toBe(expected)
  }
  console.info(`${rounds} kills: ${outcomes.join(', ')}`)
}, 900_000)

/** Waits until a move has come so far, or further. */
async function reach(server: ServerProcess, token: string, wanted: (typeof steps)[number]): Promise<void> {
  await eventually(async () => {
    const { body } = await call(server, 'GET /admin/tenants/acme/move', { token })
    return steps.indexOf(body.step) >= steps.indexOf(wanted)
  }, 30_000)
}

async function countMessages(server: ServerProcess, token: string): Promise<number> {
  let count = 0
  for (let cursor: string | null = ''; cursor !== null;) {
    const sessions: { body: { items: { id: string }[]; next_cursor: string | null } } = await call(
      server,
      `GET /chat/sessions?limit=200${cursor && `&cursor=${cursor}`}`,
      { token },
    )
    for (const { id } of sessions.body.items) {
      const page = await call(server, `GET /chat/sessions/${id}/messages?limit=200`, { token })
      expect(page.body.next_cursor).toBeNull()
      count += page.body.items.length
    }
    cursor = sessions.body.next_cursor
  }
  return count
}
