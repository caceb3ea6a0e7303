import { afterAll, beforeAll, expect, test } from 'bun:test'
import { enqueueJob, type Job, type JobTask, startJobWorker, type Unfinished } from '../../../server/data/job-queue.ts'
import { parseTenantId, type TenantId } from '../../../server/platform/ids.ts'
import { createLog } from '../../../server/platform/log.ts'
import { eventually, openOwner } from '../../support/scenario.ts'
import { startApp, type TestApp } from '../../support/start-app.ts'

let app: TestApp
let sql: ReturnType<typeof openOwner>
beforeAll(async () => {
  app = await startApp()
  sql = openOwner(app)
})
afterAll(async () => {
  await sql.end()
  await app.stop()
})

function tenant(id: string): TenantId {
  const parsed = parseTenantId(id)
  if (!parsed) throw new Error(`${id} is no tenant id`)
  return parsed
}

/** Works on the given tasks beside the server's own, until the test is over. */
async function working<T>(tasks: Record<string, JobTask>, test: () => Promise<T>): Promise<T> {
  const { core } = app.services
  const worker = startJobWorker({ directUrl: core.directUrl, db: core.db, tasks, log: createLog({ level: 'silent' }) })
  try {
    return await test()
  } finally {
    await worker.stop()
  }
}

const enqueue = (task: string, tenantId: string, key: string): Promise<void> =>
  enqueueJob(app.services.core.db, { task, tenantId: tenant(tenantId), key, ids: { document_id: key } })

test('a job runs with its ids, and of waiting jobs with one key only the last', async () => {
  const ran: Job[] = []
  for (const _ of [1, 2, 3]) await enqueue('test.once', 'acme', 'once')
  await working(
    {
      async 'test.once'(job) {
        ran.push(job)
        return undefined
      },
    },
    async () => {
      await eventually(() => ran.length > 0)
      await eventually(async () => (await sql`select from graphile_worker.jobs where key = 'once'`).length === 0)
    },
  )
  expect(ran.map(({ tenantId, ids, attempt }) => ({ tenantId: String(tenantId), ids, attempt }))).toEqual([
    { tenantId: 'acme', ids: { document_id: 'once' }, attempt: 1 },
  ])
})

test('the 1,000 jobs of one tenant take two places at most, and those of another do not wait for them', async () => {
  const order: string[] = []
  let running = 0
  let runningMax = 0
  for (let at = 0; at < 1_000; at += 1) await enqueue('test.fair', 'busy', `busy ${at}`)
  await working(
    {
      async 'test.fair'(job) {
        if (job.tenantId === 'busy') runningMax = Math.max(runningMax, (running += 1))
        await Bun.sleep(5)
        if (job.tenantId === 'busy') running -= 1
        order.push(String(job.ids.document_id))
        return undefined
      },
    },
    async () => {
      await eventually(() => order.length >= 20, 20_000)
      const before = order.length
      for (let at = 0; at < 10; at += 1) await enqueue('test.fair', 'calm', `calm ${at}`)
      await eventually(() => order.includes('calm 9'), 20_000)
      expect(order.indexOf('calm 0') - before).toBeLessThan(20)
      expect(order.indexOf('calm 9') - order.indexOf('calm 0')).toBeLessThan(60)
    },
  )
  expect(runningMax).toBe(2)
  await sql`delete from graphile_worker._private_jobs where key like 'busy %'`
}, 60_000)

test('what is not done goes on in the next turn; what throws is tried again later', async () => {
  const seen: string[] = []
  await enqueue('test.more', 'acme', 'more')
  await enqueue('test.fails', 'other', 'fails')
  await working(
    {
      async 'test.more'(): Promise<Unfinished | undefined> {
        seen.push('more')
        return seen.filter((name) => name === 'more').length < 3 ? { again: true } : undefined
      },
      async 'test.fails'(job) {
        seen.push(`fails ${job.attempt}`)
        if (job.attempt === 1) throw new Error('not yet')
        return undefined
      },
    },
    () => eventually(() => seen.filter((name) => name === 'more').length === 3 && seen.includes('fails 2'), 15_000),
  )
  expect(seen.filter((name) => name !== 'more')).toEqual(['fails 1', 'fails 2'])
}, 30_000)

test('a job of a server that died goes on elsewhere, one of a server that lives does not', async () => {
  const ran: string[] = []
  await enqueue('test.left', 'acme', 'left behind')
  await enqueue('test.left', 'other', 'being worked on')
  const lock = (key: string, holder: string): Promise<unknown> => sql`
    update graphile_worker._private_jobs set locked_at = now(), locked_by = ${holder}, attempts = 1 where key = ${key}`
  await lock('left behind', 'pool-of-a-dead-server')
  await lock('being worked on', 'pool-of-a-living-server')
  const living = await sql.reserve()
  try {
    await living`select pg_advisory_lock(723641053, hashtext('pool-of-a-living-server'))`
    await working(
      {
        async 'test.left'(job) {
          ran.push(`${String(job.ids.document_id)} ${job.attempt}`)
          return undefined
        },
      },
      async () => {
        await eventually(() => ran.length > 0)
        await Bun.sleep(1_500)
      },
    )
    expect(ran).toEqual(['left behind 2'])
  } finally {
    await living`select pg_advisory_unlock_all()`
    living.release()
    await sql`delete from graphile_worker._private_jobs where key = 'being worked on'`
  }
}, 30_000)

test('the runtime role can queue jobs and do nothing else with them', async () => {
  const { db } = app.services.core
  const rights = await sql<{ may: boolean }[]>`
    select has_schema_privilege(r.rolname, 'graphile_worker', 'usage')
      or has_function_privilege(r.rolname, 'public.recover_jobs(text)', 'execute') as may
    from pg_roles r where r.rolname = (select runtime_role from installation)`
  expect(rights.map(({ may }) => may)).toEqual([false])
  expect(() => enqueueJob(db, { task: 'x', tenantId: tenant('acme'), key: 'k', ids: {} })).not.toThrow()
  await sql`delete from graphile_worker._private_jobs where key = 'k'`
})
