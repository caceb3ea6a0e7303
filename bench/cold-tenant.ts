import { callApi, makeDedicated, timeMs, withSql } from './support/api.ts'
import { type Figure, median } from './support/figures.ts'
import type { Stage } from './support/stage.ts'

const warmReads = 5
/** Until the server has heard that a connection was cut. */
const noticedAfterMs = 50

/** A tenant's first request after its connections were closed, and those that follow. */
export function benchColdTenant(stage: Stage, size: { rounds: number }): Promise<Figure[]> {
  return withSql(stage, async (sql) => {
    const id = 'now-and-then'
    await makeDedicated(stage, id)
    const [made] = await sql<{ name: string }[]>`select database_name as name from tenants where id = ${id}`
    const read = () =>
      timeMs(() => callApi({ url: `${stage.product.url}/chat/sessions`, token: stage.superuserToken, tenant: id }))
    await read()
    const coldMs: number[] = []
    const warmMs: number[] = []
    for (let round = 0; round < size.rounds; round++) {
      await sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = ${made?.name ?? ''}`
      await Bun.sleep(noticedAfterMs)
      coldMs.push(await read())
      for (let n = 0; n < warmReads; n++) warmMs.push(await read())
    }
    const [cold, warm] = [median(coldMs), median(warmMs)]
    return [
      { name: 'GET /chat/sessions, connected', value: `${warm.toFixed(1)} ms` },
      { name: 'GET /chat/sessions, no connection open', value: `${cold.toFixed(1)} ms` },
      { name: 'what the connection costs', value: `${(cold - warm).toFixed(1)} ms` },
    ]
  })
}
