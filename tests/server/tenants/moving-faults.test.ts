import { afterAll, beforeAll, expect, spyOn, test } from 'bun:test'
import { sql as statement } from 'drizzle-orm'
import { createMover, type Mover } from '../../../server/data/move-tenant.ts'
import { parseTenantId } from '../../../server/platform/ids.ts'
import { call } from '../../support/call.ts'
import { makeDedicatedTenant } from '../../support/dedicated.ts'
import { makeTenant, makeUser, type Person } from '../../support/people.ts'
import { ask, eventually, type Scenario, startScenario } from '../../support/scenario.ts'
import { startTestServer } from '../../support/test-server.ts'

/** What may break while a tenant moves: it is served on one side, with everything that was acknowledged. */

let here: Scenario
let tenants = 0

beforeAll(async () => {
  here = await startScenario()
})
afterAll(() => here.stop())

const as = (route: string, body?: unknown) => call(here.app, route, { token: here.superuser.token, body })
const actor = { actorId: null, actorEmail: null, requestId: 'test', address: null }

async function makeServed(): Promise<{ id: string; user: Person }> {
  const id = await makeTenant(here.app, here.superuser, `faulty-${(tenants += 1)}`)
  const user = await makeUser(here.app, here.superuser, { tenant: id })
  await ask(here.app, { token: user.token, message: 'Before' })
  return { id, user }
}

/** A mover like the product's, of which the transactions of the core database can be held up and fail. */
function moverWith(around: (commit: () => Promise<unknown>, count: number) => Promise<void>): Mover {
  const { services } = here.app
  let writes = 0
  return createMover({
    ...services,
    core: {
      ...services.core,
      async write(work) {
        const committed: Awaited<ReturnType<typeof work>>[] = []
        await around(async () => committed.push(await services.core.write(work)), (writes += 1))
        const [result] = committed
        if (committed.length === 0) throw new Error('never committed')
        return result as Awaited<ReturnType<typeof work>>
      },
    },
  })
}

async function start(mover: Mover, id: string): Promise<void> {
  const tenant = await here.app.services.directories.tenant(id as never)
  if (!tenant) throw new Error(`there is no tenant ${id}`)
  await mover.start(tenant, { isolation: 'dedicated' }, actor)
}

const endOf = (id: string) =>
  eventually(async () => {
    const { body } = await as(`GET /admin/tenants/${id}/move`)
    return body.ended_at ? body : undefined
  }, 60_000)

async function questionsOf({ token }: Person): Promise<string[]> {
  const sessions = await call(here.app, 'GET /chat/sessions', { token })
  return sessions.body.items.map((session: { title: string }) => session.title).sort()
}

/** A write past the gate, as one that was let through before the pause. */
async function writeSession(id: string, user: Person, title: string): Promise<void> {
  const { databases, directories } = here.app.services
  const tenantId = parseTenantId(id)
  const tenant = tenantId && (await directories.tenant(tenantId))
  if (!tenant) throw new Error('no tenant')
  await databases.scopeOf(tenant).write((database) =>
    database.execute(statement`insert into tenant.chat_sessions (tenant_id, id, user_id, title)
      values (${id}, ${crypto.randomUUID()}, ${user.id}, ${title})`),
  )
}

test('a switch that was committed stands, even if its confirmation was lost', async () => {
  const { id, user } = await makeServed()
  const mover = moverWith(async (commit, count) => {
    await commit()
    if (count === 2) throw new Error('the connection was lost after the commit')
  })
  await start(mover, id)
  expect((await endOf(id)).step).toBe('moved')
  await mover.stop()
  const tenant = (await as(`GET /admin/tenants/${id}`)).body
  expect([tenant.isolation, tenant.state]).toEqual(['dedicated', 'active'])
  expect(await here.sql`select 1 from pg_database where datname = ${tenant.database_name}`).toHaveLength(1)
  await ask(here.app, { token: user.token, message: 'Afterwards' })
  expect(await questionsOf(user)).toEqual(['Afterwards', 'Before'])
}, 60_000)

test('a mover that lost its lock in the pause cannot switch any more once somebody takes the move back', async () => {
  const { id, user } = await makeServed()
  const [atSwitch, mayStore, switched] = [gate(), gate(), gate()]
  let refusal: unknown
  const mover = moverWith(async (commit, count) => {
    if (count !== 2) {
      await commit()
      return
    }
    atSwitch.open()
    await Promise.race([mayStore.opened, Bun.sleep(20_000)])
    try {
      await commit()
    } catch (error) {
      refusal = error
      throw error
    } finally {
      switched.open()
    }
  })
  // The fence is gone already, the tenant's record not yet written.
  const rescuer = moverWith(async (commit) => {
    await writeSession(id, user, 'Between')
    mayStore.open()
    await switched.opened
    await commit()
  })
  // The server's own sweep would take the move back, too.
  const sweep = spyOn(here.app.services.mover, 'recover').mockResolvedValue(undefined)
  await start(mover, id)
  await atSwitch.opened
  await here.sql`select pg_terminate_backend(pid) from pg_locks
    where locktype = 'advisory' and classid = 723641053 and pid <> pg_backend_pid()
      and database = (select oid from pg_database where datname = current_database())`
  await eventually(async () => {
    // The mover, whose switch is refused, may be the one that ends it.
    await rescuer.recover().catch(() => undefined)
    return (await as(`GET /admin/tenants/${id}/move`)).body.ended_at
  }, 30_000)
  await mover.stop()
  sweep.mockRestore()
  expect(refusal).toBeInstanceOf(Error)
  expect((await endOf(id)).step).toBe('failed')
  expect((await as(`GET /admin/tenants/${id}`)).body).toMatchObject({ isolation: 'pooled', state: 'active' })
  await ask(here.app, { token: user.token, message: 'Afterwards' })
  expect(await questionsOf(user)).toEqual(['Afterwards', 'Before', 'Between'])
  // Nothing of it is in the way of the next one.
  await start(here.app.services.mover, id)
  expect((await endOf(id)).step).toBe('moved')
  expect(await questionsOf(user)).toEqual(['Afterwards', 'Before', 'Between'])
}, 90_000)

test('a target server that dies midway ends the move; the tenant goes on where it was, and another move works', async () => {
  const { id, user } = await makeServed()
  const second = await startTestServer()
  const made = await as('POST /admin/database-servers', { name: `dying-${id}`, address: second.url })
  expect(made.status).toBe(201)
  let isDown = false
  const mover = moverWith(async (commit, count) => {
    // At the switch everything has been copied; then the server is gone for what follows.
    if (count === 1) await commit()
    else if (!isDown) {
      isDown = true
      await second.stop()
      throw new Error('the switch was not committed')
    } else await commit()
  })
  const tenant = await here.app.services.directories.tenant(id as never)
  if (!tenant) throw new Error('no tenant')
  await mover.start(tenant, { isolation: 'dedicated', serverId: made.body.id }, actor)
  expect((await endOf(id)).step).toBe('failed')
  await mover.stop()
  await ask(here.app, { token: user.token, message: 'Afterwards' })
  expect(await questionsOf(user)).toEqual(['Afterwards', 'Before'])
  const [builtIn] = (await as('GET /admin/database-servers')).body.items
  expect(
    (await as(`POST /admin/tenants/${id}/move`, { isolation: 'dedicated', database_server_id: builtIn.id })).status,
  ).toBe(202)
  expect((await endOf(id)).step).toBe('moved')
  expect(await questionsOf(user)).toEqual(['Afterwards', 'Before'])
}, 90_000)

test.each([
  ['before its database there is made', 'A database could not be made on “%”; the log tells more.'],
  ['before its database there is opened', 'The new database on “%” does not answer.'],
])(
  'a target server that dies %s is named, and counts nothing against the tenant’s own database',
  async (when, failure) => {
    const { services } = here.app
    const id = `aimed-${(tenants += 1)}`
    const [builtIn] = (await as('GET /admin/database-servers')).body.items
    await makeDedicatedTenant(here.app, here.superuser, id, { database_server_id: builtIn.id })
    const user = await makeUser(here.app, here.superuser, { tenant: id })
    await ask(here.app, { token: user.token, message: 'Before' })
    const second = await startTestServer()
    const name = `gone-${id}`
    const made = await as('POST /admin/database-servers', { name, address: second.url })
    expect(made.status).toBe(201)
    const provisioner = { ...services.provisioner }
    const provisioning = spyOn(services.provisioner, 'provisionStore').mockImplementation(async (store) => {
      if (when.endsWith('made')) await second.stop()
      const provisioned = await provisioner.provisionStore(store)
      await second.stop()
      return provisioned
    })
    const started = await as(`POST /admin/tenants/${id}/move`, {
      isolation: 'dedicated',
      database_server_id: made.body.id,
    })
    expect(started.status).toBe(202)
    const ended = await endOf(id)
    provisioning.mockRestore()
    expect([ended.step, ended.failure]).toEqual(['failed', failure.replace('%', name)])
    await services.health.flush()
    const { connections } = (await as(`GET /admin/tenants/${id}/overview`)).body
    expect(connections).toContainEqual(expect.objectContaining({ connection: 'database', failing_since: null }))
    await ask(here.app, { token: user.token, message: 'Afterwards' })
    expect(await questionsOf(user)).toEqual(['Afterwards', 'Before'])
  },
  90_000,
)

function gate(): { opened: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}
