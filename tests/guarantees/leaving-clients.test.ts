import { afterAll, beforeAll, expect, test } from 'bun:test'
import { send } from '../support/call.ts'
import { makeTenant, makeUser, type Person } from '../support/people.ts'
import { chatsSentTo, eventually, type Scenario, startScenario } from '../support/scenario.ts'

/** D8: a client that leaves at any byte. FULL runs 10,000 of them. */

const leavesMax = process.env.FULL ? 10_000 : 300
const atOnce = 20
let scenario: Scenario
let user: Person

beforeAll(async () => {
  scenario = await startScenario()
  await makeTenant(scenario.app, scenario.superuser, 'acme')
  user = await makeUser(scenario.app, scenario.superuser, { tenant: 'acme' })
})
afterAll(() => scenario.stop())

/** Reads about so many bytes, then leaves; a negative number leaves so many milliseconds after the model was asked. */
async function askAndLeave(bytes: number, route = 'POST /chat/stream'): Promise<number> {
  const controller = new AbortController()
  let read = 0
  try {
    const asked = send(scenario.app, route, {
      token: user.token,
      body: { message: 'Hello?' },
      signal: controller.signal,
    })
    if (bytes < 0) {
      const answered = asked.then(
        () => true,
        () => true,
      )
      // On a busy machine it takes a while until the model is asked at all.
      await Promise.race([answered, eventually(() => scenario.model.openConnections() > 0)])
      await Promise.race([answered, Bun.sleep(-bytes)])
    } else {
      for await (const chunk of (await asked).body ?? []) {
        read += chunk.byteLength
        if (read >= bytes) break
      }
    }
    controller.abort()
    await asked.catch(() => undefined)
  } catch {
    // Whatever the client sees is its own doing.
  }
  return performance.now()
}

test(
  `D8: ${leavesMax} clients that leave at random bytes leave no call open, and each is counted once`,
  async () => {
    const { app, model, sql } = scenario
    // About 120 frames over a second and a half; the whole stream has some 9,000 bytes.
    model.behave({ tokens: 120, delayMs: 12, firstTokenDelayMs: 10 }, { sticky: true })
    let left = 0
    let sent = 0
    const errors: string[] = []
    /** What this file itself writes down would grow, too. */
    const forgetRecords = (): void => {
      sent += chatsSentTo(model).length
      errors.push(...app.logLines.filter((line) => line.includes('"level":"error"')))
      model.requests.length = 0
      app.logLines.length = 0
    }
    const measureHeap = (): number => {
      forgetRecords()
      Bun.gc(true)
      return process.memoryUsage().heapUsed
    }
    let earlyHeap = 0
    const worker = async (): Promise<void> => {
      for (let mine = (left += 1); mine <= leavesMax; mine = left += 1) {
        const early = mine % 5 === 0
        await askAndLeave(early ? -Math.random() * 25 : Math.floor(Math.random() * 1_500))
        if (mine % 100 === 0) forgetRecords()
        if (mine === leavesMax / 5) earlyHeap = measureHeap()
      }
    }
    await Promise.all(Array.from({ length: atOnce }, worker))

    await eventually(() => model.openConnections() === 0, 1_000)
    await eventually(() => app.services.openAnswers.size === 0, 2_000)
    const asked = await eventually(async () => {
      const [row] = await sql`
        select count(*)::int as rows, count(distinct request_id)::int as requests,
          count(*) filter (where status = 'reserved')::int as reserved, count(*) filter (where status = 'failed')::int as failed,
          count(*) filter (where lease_expires_at is not null)::int as leased
        from usage_ledger`
      return row?.reserved === 0 ? row : undefined
    }, 5_000)
    expect(asked).toMatchObject({ reserved: 0, leased: 0, failed: 0 })
    // One row for each request that got as far as reserving, and never two.
    expect(asked.rows).toBe(asked.requests)
    expect(asked.rows).toBeGreaterThan(leavesMax * 0.7)
    const heapPerLeave = (measureHeap() - earlyHeap) / (leavesMax * 0.8)
    expect(sent).toBeLessThanOrEqual(leavesMax)

    const [stored] = await sql`
      select count(*)::int as answers, count(*) filter (where status = 'aborted')::int as aborted,
        count(*) filter (where status = 'failed')::int as failed
      from tenant.chat_messages where role = 'assistant'`
    expect(stored?.aborted).toBeGreaterThan(leavesMax / 2)
    expect(stored?.failed).toBe(0)
    const [loose] = await sql`
      select count(*)::int as sessions from tenant.chat_sessions s
      where not exists (select 1 from tenant.chat_messages m where m.session_id = s.id)`
    expect(loose?.sessions).toBe(0)
    expect(errors).toEqual([])
    console.log(`D8: ${leavesMax} clients left, ${sent} calls upstream; ${Math.round(heapPerLeave)} bytes kept of each`)
    // Their frames, for readers who come back within five minutes; 64 MB of all at most.
    if (process.env.FULL) expect(heapPerLeave).toBeLessThan(6_000)
  },
  process.env.FULL ? 900_000 : 60_000,
)

test('D8: the upstream call ends within a second of the client’s leaving, and what came is kept as aborted', async () => {
  const { model, sql } = scenario
  for (const route of ['POST /chat/stream', 'POST /chat']) {
    model.reset()
    model.behave({ tokens: 1_000, delayMs: 10 })
    const leftAt = await askAndLeave(route === 'POST /chat' ? -150 : 600, route)
    const [request] = model.requests
    const closedAt = await eventually(() => request?.closedAtMs, 1_500)
    expect(request?.aborted).toBe(true)
    expect(closedAt - leftAt).toBeLessThan(1_000)
    const row = await eventually(async () => {
      const [newest] = await sql`select * from usage_ledger order by created_at desc limit 1`
      return newest?.status === 'reserved' ? undefined : newest
    })
    expect(row).toMatchObject({ status: 'aborted', usage_source: 'estimated', lease_expires_at: null })
    expect(row.completion_tokens).toBeGreaterThan(0)
    expect(row.completion_tokens).toBeLessThan(1_000)
    const [answer] = await sql`select * from tenant.chat_messages where role = 'assistant' order by id desc limit 1`
    expect(answer).toMatchObject({ status: 'aborted' })
    expect(answer?.content).toStartWith('word0 word1')
    expect(answer?.usage.completion_tokens).toBe(row.completion_tokens)
    expect(scenario.app.logLines.filter((line) => line.includes('"level":"error"'))).toEqual([])
  }
})
