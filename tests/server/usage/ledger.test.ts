import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { call } from '../../support/call.ts'
import { openStream } from '../../support/open-stream.ts'
import { makeTenant, makeUser, type Person } from '../../support/people.ts'
import { ask, eventually, type Scenario, startScenario } from '../../support/scenario.ts'

let scenario: Scenario
let user: Person
let tenant = ''
let tenants = 0

beforeAll(async () => {
  scenario = await startScenario()
})
beforeEach(async () => {
  scenario.model.reset()
  tenant = `tenant-${(tenants += 1)}`
  await makeTenant(scenario.app, scenario.superuser, tenant, { max_output_tokens: 500 })
  user = await makeUser(scenario.app, scenario.superuser, { tenant })
})
afterAll(() => scenario.stop())

const ledger = () => scenario.sql`
  select *, cost_micro_usd::int as cost from usage_ledger where tenant_id = ${tenant} order by created_at`

describe('the ledger', () => {
  test('holds a call as reserved, with what it may cost at most, before its first token, and settled after', async () => {
    const { app, model } = scenario
    model.behave({
      text: 'Here it is.',
      firstTokenDelayMs: 300,
      usage: { prompt_tokens: 1_000, completion_tokens: 200 },
    })
    const asking = ask(app, { token: user.token, message: 'x'.repeat(330) })
    const [reserved] = await eventually(async () => ((await ledger()).length > 0 ? ledger() : undefined))
    expect(reserved).toMatchObject({
      status: 'reserved',
      user_id: user.id,
      source: 'api',
      purpose: 'chat',
      provider: 'openai',
      model: 'gpt-4o-mini',
      completion_tokens: 500,
      settled_at: null,
      first_token_ms: null,
    })
    expect(reserved?.prompt_tokens).toBeGreaterThanOrEqual(100)
    // gpt-4o-mini: 0.15 and 0.60 USD for a million.
    expect(reserved?.cost).toBe(Math.ceil(reserved?.prompt_tokens * 0.15 + 500 * 0.6))
    const leaseMs = reserved?.lease_expires_at.getTime() - reserved?.created_at.getTime()
    expect(leaseMs).toBeGreaterThan(60_000)
    expect(leaseMs).toBeLessThan(120_000)
    const during = await call(app, `GET /admin/tenants/${tenant}/usage`, { token: scenario.superuser.token })
    expect(during.body.items).toEqual([])

    const { data, response } = await asking
    const rows = await ledger()
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({
      id: reserved?.id,
      status: 'completed',
      usage_source: 'provider',
      prompt_tokens: 1_000,
      completion_tokens: 200,
      cost: 1_000 * 0.15 + 200 * 0.6,
      lease_expires_at: null,
      request_id: response.headers.get('x-request-id'),
    })
    expect(data('usage').cost_micro_usd).toBe(270)
    expect(rows[0]?.first_token_ms).toBeGreaterThanOrEqual(290)
    expect(rows[0]?.duration_ms).toBeGreaterThanOrEqual(rows[0]?.first_token_ms)
    expect(rows[0]?.settled_at).toBeInstanceOf(Date)
  })

  test('is settled when the answer is done: `done` comes after the row', async () => {
    const { events } = await ask(scenario.app, { token: user.token })
    expect(events.at(-1)?.event).toBe('done')
    expect((await ledger())[0]?.status).toBe('completed')
  })

  test('counts cached tokens at their own price', async () => {
    scenario.model.behave({ usage: { prompt_tokens: 1_000, completion_tokens: 100, cached_tokens: 600 } })
    const { data } = await ask(scenario.app, { token: user.token })
    expect(data('usage').cost_micro_usd).toBe(Math.ceil(400 * 0.15 + 600 * 0.075 + 100 * 0.6))
    expect((await ledger())[0]?.cached_tokens).toBe(600)
  })

  test('C6: what a provider does not count, or counts absurdly, is estimated and never free', async () => {
    const absurd = [
      {},
      { prompt_tokens: -5, completion_tokens: 3 },
      { prompt_tokens: 5, completion_tokens: 1e300 },
      { total_tokens: 7 },
    ]
    for (const usage of absurd) {
      scenario.model.behave({ tokens: 40, usage: usage as never })
      await ask(scenario.app, { token: user.token, message: 'How are you today?' })
    }
    const rows = await ledger()
    expect(rows).toHaveLength(absurd.length)
    for (const row of rows) {
      expect(row).toMatchObject({ status: 'completed', usage_source: 'estimated' })
      expect(row.prompt_tokens).toBeGreaterThan(5)
      expect(row.completion_tokens).toBeGreaterThan(39)
    }
  })

  test('C6: what a model thought aloud before its reader left is counted, too', async () => {
    const reasoning = Array.from({ length: 100 }, (_, n) => `Let me think about step ${n} of it. `)
    scenario.model.behave({ reasoning, tokens: 3, stallAfter: 1 })
    const answer = await openStream(scenario.app, 'POST /chat/stream', { token: user.token, body: { message: 'Hm?' } })
    await answer.until((text) => text.includes('event: delta'))
    answer.drop()
    await eventually(async () => (await ledger())[0]?.status === 'aborted')
    const [row] = await ledger()
    expect(row?.usage_source).toBe('estimated')
    // Ten tokens a step, in round figures.
    expect(row?.completion_tokens).toBeWithin(700, 1_500)
  })

  test('has null for the cost of a model without a price, never 0: reserved, settled, in events and in sums', async () => {
    const { app, superuser } = scenario
    await call(app, `PATCH /admin/tenants/${tenant}`, { token: superuser.token, body: { model: 'brand-new' } })
    const { data } = await ask(app, { token: user.token })
    expect(data('usage').cost_micro_usd).toBeNull()
    scenario.model.behave({ status: 500 })
    await call(app, 'POST /chat', { token: user.token, body: { message: 'x' } })
    expect((await ledger()).map(({ cost }) => cost)).toEqual([null, null])
    const usage = await call(app, `GET /admin/tenants/${tenant}/usage`, { token: superuser.token })
    expect(usage.body.items[0]).toMatchObject({ cost_micro_usd: null, requests: 2, failed: 1, unpriced_requests: 2 })
  })

  test('keeps no text of any message', async () => {
    await ask(scenario.app, { token: user.token, message: 'canary-question-7f3a' })
    expect(JSON.stringify(await ledger())).not.toContain('canary-question')
  })
})

describe('leases', () => {
  test('of calls that still run are renewed; those whose replica died are settled as aborted, exactly once', async () => {
    const { app, sql, model } = scenario
    await sql.unsafe(`
      create table noted (id uuid);
      create function note_settled() returns trigger language plpgsql security definer as
        $$ begin insert into public.noted values (new.id); return null; end $$;
      create trigger note after update on usage_ledger for each row
        when (old.status = 'reserved' and new.status <> 'reserved') execute function note_settled()`)
    const replica = await app.startReplica()
    const dead = Array.from({ length: 20 }, () => Bun.randomUUIDv7())
    for (const [index, id] of dead.entries()) {
      await sql`
        insert into usage_ledger (id, tenant_id, source, purpose, provider, model, prompt_tokens, completion_tokens,
          cost_micro_usd, status, usage_source, request_id, lease_expires_at)
        values (${id}, ${tenant}, 'api', 'chat', 'openai', ${index === 0 ? 'brand-new' : 'gpt-4o-mini'}, 1000, 500, 450,
          'reserved', 'estimated', 'r', now() - interval '1 second')`
    }
    model.behave({ tokens: 3, firstTokenDelayMs: 500 })
    const asking = ask(app, { token: user.token })
    const running = await eventually(async () => {
      const [row] = await sql`select id from usage_ledger where tenant_id = ${tenant} and user_id = ${user.id}`
      return row
    })
    await sql`update usage_ledger set lease_expires_at = now() - interval '1 second' where id = ${running.id}`
    await app.services.ledger.renewLeases([running.id])

    // Beside these the replicas' own sweeps run, too.
    await Promise.all([app, replica, app, replica].map(({ services }) => services.ledger.settleExpired()))
    await asking
    await replica.stop()

    const noted = await sql<{ id: string }[]>`select id from noted order by id`
    expect(noted.map(({ id }) => id)).toEqual([...dead, running.id])
    const rows = await ledger()
    expect(rows).toHaveLength(21)
    for (const row of rows.filter(({ id }) => dead.includes(id))) {
      const cost = row.model === 'brand-new' ? null : 150
      expect(row).toMatchObject({ status: 'aborted', usage_source: 'estimated', prompt_tokens: 1_000, cost })
      expect(row).toMatchObject({ completion_tokens: 0, lease_expires_at: null })
      expect(row.settled_at).toBeInstanceOf(Date)
    }
    expect(rows.find(({ id }) => id === running.id)).toMatchObject({ status: 'completed', usage_source: 'provider' })
  })

  test('a call that was settled by its lease is counted once, by the figures of its replica if that comes back', async () => {
    const { app, sql, model } = scenario
    model.behave({ tokens: 3, firstTokenDelayMs: 400 })
    const asking = ask(app, { token: user.token })
    const { id } = await eventually(async () => (await ledger())[0])
    await sql`update usage_ledger set lease_expires_at = now() - interval '1 second' where id = ${id}`
    expect(await app.services.ledger.settleExpired()).toHaveLength(1)
    const told = (await asking).data('usage')
    const rows = await ledger()
    expect(rows).toHaveLength(1)
    const { prompt_tokens, completion_tokens } = told
    expect(rows[0]).toMatchObject({ status: 'completed', usage_source: 'provider', prompt_tokens, completion_tokens })
  })
})
