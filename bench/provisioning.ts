import type postgres from 'postgres'
import { callApi, makeDedicated, timeMs, withSql } from './support/api.ts'
import { bounded, type Figure, median, quantile } from './support/figures.ts'
import { readCpuMs } from './support/processes.ts'
import { signIn, type Stage } from './support/stage.ts'

const spareWaitedMsMax = 10_000

/** Making tenants with a database of their own, beside a bare CREATE DATABASE from the same template. */
export function benchProvisioning(stage: Stage, size: { rounds: number }): Promise<Figure[]> {
  return withSql(stage, async (sql) => {
    const { url, pid } = stage.product
    const token = await makeOwner(stage)
    const organization = (n: number) =>
      callApi({ url: `${url}/organizations`, token, body: { name: `Organization ${n}` } })
    // The first one makes the template.
    const firstMs = await timeMs(() => organization(0))
    const organizationMs: number[] = []
    const tenantMs: number[] = []
    const bareMs: number[] = []
    let cpuMs = 0
    for (let round = 1; round <= size.rounds; round++) {
      await waitForSpare(sql)
      const cpuBefore = readCpuMs(pid)
      organizationMs.push(await timeMs(() => organization(round)))
      cpuMs += readCpuMs(pid) - cpuBefore
      await waitForSpare(sql)
      bareMs.push(await timeMs(() => copyTemplate(sql, round)))
      tenantMs.push(await timeMs(() => makeDedicated(stage, `onboarded-${round}`)))
    }
    await waitForSpare(sql)
    const rowMs: number[] = []
    for (let n = 1; n <= size.rounds; n++) rowMs.push(await timeMs(() => organization(size.rounds + n)))
    const ratio = median(organizationMs.map((ms, round) => ms / (bareMs[round] ?? ms)))
    return [
      { name: 'CREATE DATABASE … TEMPLATE, bare', value: showMs(bareMs), note: `${size.rounds} rounds, each in turn` },
      bounded('POST /organizations, median', median(organizationMs), {
        max: 100,
        digits: 0,
        unit: 'ms',
        note: `p90 ${quantile(organizationMs, 0.9).toFixed(0)} ms; the aim is a quiet machine's`,
      }),
      { name: 'POST /organizations : bare CREATE DATABASE', value: `${ratio.toFixed(2)} ×` },
      { name: 'POST /organizations, CPU of the server', value: `${(cpuMs / size.rounds).toFixed(0)} ms` },
      { name: 'POST /admin/tenants, dedicated', value: showMs(tenantMs) },
      {
        name: 'POST /organizations, one right after the other',
        value: showMs(rowMs),
        note: 'a spare is not always ready',
      },
      { name: 'the very first one, with the template', value: `${firstMs.toFixed(0)} ms` },
    ]
  })
}

function showMs(figures: number[]): string {
  return `${median(figures).toFixed(0)} ms`
}

async function makeOwner(stage: Stage): Promise<string> {
  const who = { email: 'owner@bench.example', password: 'a password of a bench' }
  const { url } = stage.product
  await callApi({ url: `${url}/admin/users`, token: stage.superuserToken, body: { ...who, is_owner: true } })
  return signIn(url, who)
}

async function waitForSpare(sql: postgres.Sql): Promise<void> {
  const untilMs = performance.now() + spareWaitedMsMax
  while (performance.now() < untilMs) {
    const spares = await sql`
      select 1 from pg_database where shobj_description(oid, 'pg_database') like 'tenantry:%:spare:%'`
    if (spares.length > 0) return
    await Bun.sleep(20)
  }
  throw new Error('the server made no spare database')
}

async function copyTemplate(sql: postgres.Sql, round: number): Promise<void> {
  const [template] = await sql<{ name: string }[]>`
    select datname as name from pg_database where shobj_description(oid, 'pg_database') like 'tenantry:%:template:%'`
  await sql`create database ${sql(`bare_${round}`)} template ${sql(template?.name ?? '')}`
}
