import { callApi, timeMs, withSql } from './support/api.ts'
import { bounded, type Figure } from './support/figures.ts'
import type { Stage } from './support/stage.ts'

const messagesPerSession = 100
const lookedAfterMs = 20
const moveMsMax = 300_000

/** Tenants of growing size moved to a database of their own and back: the whole time, and how long writes waited. */
export async function benchMoves(stage: Stage, sizes: number[]): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const messages of sizes) {
    const id = `moving-${messages}`
    await makeFilled(stage, id, messages)
    for (const isolation of ['dedicated', 'pooled'] as const) {
      const { wholeMs, pausedMs } = await move(stage, id, isolation)
      const name = `${messages.toLocaleString('en')} messages to ${isolation}`
      figures.push(
        { name: `${name}, whole`, value: `${wholeMs.toFixed(0)} ms` },
        bounded(`${name}, writes paused`, pausedMs, { max: 2_000, digits: 0, unit: 'ms' }),
      )
    }
  }
  return figures
}

async function makeFilled(stage: Stage, id: string, messages: number): Promise<void> {
  const { url } = stage.product
  await callApi({ url: `${url}/admin/tenants`, token: stage.superuserToken, body: { id, name: id } })
  await withSql(stage, async (sql) => {
    await sql`
      with member as (
        insert into tenant.tenant_users (tenant_id, id, email, is_verified)
        values (${id}, gen_random_uuid(), 'member@bench.example', true) returning id
      ), sessions as (
        insert into tenant.chat_sessions (tenant_id, id, user_id, title)
        select ${id}, gen_random_uuid(), member.id, 'Session'
        from member, generate_series(1, ${Math.ceil(messages / messagesPerSession)}) returning id
      )
      insert into tenant.chat_messages (tenant_id, id, session_id, role, content)
      select ${id}, gen_random_uuid(), sessions.id, case n % 2 when 1 then 'user' else 'assistant' end,
        repeat('some words of a message ', 12)
      from sessions, generate_series(1, ${Math.min(messages, messagesPerSession)}) n`
    await sql`analyze tenant.chat_sessions, tenant.chat_messages`
  })
}

async function move(stage: Stage, id: string, isolation: string): Promise<{ wholeMs: number; pausedMs: number }> {
  const at = { url: `${stage.product.url}/admin/tenants/${id}/move`, token: stage.superuserToken }
  let progress: Record<string, unknown> = {}
  const wholeMs = await timeMs(async () => {
    await callApi({ ...at, body: { isolation } })
    const untilMs = performance.now() + moveMsMax
    do {
      if (performance.now() > untilMs) throw new Error(`the move of ${id} does not end`)
      await Bun.sleep(lookedAfterMs)
      progress = await callApi(at)
    } while (!progress.ended_at)
  })
  if (progress.step !== 'moved') throw new Error(`${id} was not moved: ${String(progress.failure)}`)
  return { wholeMs, pausedMs: Number(progress.paused_ms) }
}
