import { callApi, makeDedicated, timeMs, withSql } from './support/api.ts'
import { type Figure, median } from './support/figures.ts'
import { readRssKb, runToEnd } from './support/processes.ts'
import type { Stage } from './support/stage.ts'

const madeAtOnce = 4
const listings = 20
const pageSize = 100

/** Many tenants with a database each: to make, list, migrate and serve them, and what the server holds for them. */
export async function benchFleet(stage: Stage, size: { tenants: number }): Promise<Figure[]> {
  const { url, pid } = stage.product
  const token = stage.superuserToken
  const count = size.tenants.toLocaleString('en')
  const ids = Array.from({ length: size.tenants }, (_, n) => `fleet-${n}`)
  const rssBefore = readRssKb(pid)
  const madeMs = await timeMs(() => forEachAtOnce(ids, (id) => makeDedicated(stage, id)))
  const rssMade = readRssKb(pid)
  const listMs: number[] = []
  for (let n = 0; n < listings; n++) {
    listMs.push(await timeMs(() => callApi({ url: `${url}/admin/tenants?limit=${pageSize}&include=total`, token })))
  }
  const readMs = await timeMs(() =>
    forEachAtOnce(ids, (id) => callApi({ url: `${url}/chat/sessions`, token, tenant: id })),
  )
  const rssServed = readRssKb(pid)
  const migrateMs = await migrateAgain(stage)
  const perTenant = (kb: number): string => `${((kb - rssBefore) / size.tenants).toFixed(0)} kB`
  const megabytes = (kb: number): string => `${(kb / 1024).toFixed(0)} MB`
  return [
    { name: `making ${count}, ${madeAtOnce} at a time`, value: `${(madeMs / 1000).toFixed(1)} s`, note: each(madeMs) },
    { name: `listing ${pageSize} of them, with the total`, value: `${median(listMs).toFixed(1)} ms` },
    { name: 'a request to each', value: `${(readMs / 1000).toFixed(1)} s`, note: each(readMs) },
    {
      name: 'db:migrate over all of them',
      value: `${(migrateMs / 1000).toFixed(1)} s`,
      note: 'connects, compares hashes and records, without any statement to apply',
    },
    { name: 'db:migrate, each', value: `${(migrateMs / size.tenants).toFixed(0)} ms` },
    { name: 'memory of the server', value: megabytes(rssServed), note: `${megabytes(rssBefore)} before` },
    { name: 'memory for a tenant, made', value: perTenant(rssMade) },
    { name: 'memory for a tenant, served', value: perTenant(rssServed) },
  ]

  function each(ms: number): string {
    return `${(ms / size.tenants).toFixed(1)} ms each`
  }
}

/** As if all stores were one migration behind. */
async function migrateAgain(stage: Stage): Promise<number> {
  await withSql(
    stage,
    (sql) =>
      sql`update tenants set store_version = store_version - 1 where isolation = 'dedicated' and state = 'active'`,
  )
  return timeMs(() =>
    runToEnd([`${import.meta.dir}/../server/commands/migrate.ts`], { DATABASE_URL: stage.databaseUrl }),
  )
}

async function forEachAtOnce(ids: string[], work: (id: string) => Promise<unknown>): Promise<void> {
  const queue = [...ids]
  await Promise.all(
    Array.from({ length: madeAtOnce }, async () => {
      for (let id = queue.shift(); id !== undefined; id = queue.shift()) await work(id)
    }),
  )
}
