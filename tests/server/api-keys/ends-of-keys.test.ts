import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { iterateEvents, send } from '../../support/call.ts'
import { eventually } from '../../support/scenario.ts'
import { type KeyScenario, minuteMs, startKeyScenario } from './key-scenario.ts'

let here: KeyScenario

beforeAll(async () => {
  here = await startKeyScenario()
})
afterAll(() => here.stop())

describe('rotating', () => {
  const rotate = (id: string, body?: unknown, headers?: Record<string, string>) =>
    here.as(here.owner, `POST /admin/tenants/acme/api-keys/${id}/rotate`, body, headers)

  test('gives a new secret and leaves the one before its grace: a day unless told otherwise', async () => {
    const { id, secret } = await here.make()
    const rotated = await rotate(id)
    expect(rotated.status).toBe(200)
    expect(rotated.body).toMatchObject({
      id,
      grace_until: new Date(here.clock.now().getTime() + 24 * 60 * minuteMs).toISOString(),
      rotated_at: here.clock.now().toISOString(),
    })
    expect([(await here.use(secret)).status, (await here.use(rotated.body.secret)).status]).toEqual([200, 200])
  })

  test('ends the secret before when its grace is over', async () => {
    const { id, secret } = await here.make()
    const rotated = await rotate(id, { grace_minutes: 30 })
    here.clock.advanceMs(30 * minuteMs - 1)
    expect([(await here.use(secret)).status, (await here.use(rotated.body.secret)).status]).toEqual([200, 200])
    here.clock.advanceMs(1)
    expect([(await here.use(secret)).status, (await here.use(rotated.body.secret)).status]).toEqual([401, 200])
    expect((await here.list()).find((key) => key.id === id)).toMatchObject({ grace_until: null })
  })

  test('keeps the key’s conversations, and without a grace ends the secret before at once on every replica', async () => {
    const replica = await here.app.startReplica()
    try {
      const { id, secret } = await here.make()
      const asked = await here.as({ token: secret }, 'POST /chat', { message: 'Before' })
      expect((await here.use(secret, replica)).status).toBe(200)
      const rotated = await rotate(id, { grace_minutes: 0 })
      expect((await here.use(secret)).status).toBe(401)
      await eventually(async () => (await here.use(secret, replica)).status === 401, 1_000)
      const kept = await here.use(rotated.body.secret, replica)
      expect(kept.body.items).toMatchObject([{ id: asked.body.session_id }])
    } finally {
      await replica.stop()
    }
  })

  test('twice within a grace leaves both secrets before theirs', async () => {
    const { id, secret } = await here.make()
    const second = (await rotate(id, { grace_minutes: 10 })).body.secret
    const third = (await rotate(id, { grace_minutes: 5 })).body.secret
    const statuses = async () => Promise.all([secret, second, third].map(async (each) => (await here.use(each)).status))
    expect(await statuses()).toEqual([200, 200, 200])
    here.clock.advanceMs(5 * minuteMs)
    expect(await statuses()).toEqual([200, 401, 200])
    here.clock.advanceMs(5 * minuteMs)
    expect(await statuses()).toEqual([401, 401, 200])
  })

  test('sent again with its Idempotency-Key gives the same secret, which is kept sealed only', async () => {
    const { id } = await here.make()
    const headers = { 'idempotency-key': 'rotate-once' }
    const [first, again] = [await rotate(id, {}, headers), await rotate(id, {}, headers)]
    expect(again.body).toEqual(first.body)
    const rows = await here.sql`select body::text as body from idempotency_keys`
    expect(rows.length).toBe(1)
    expect(rows.filter(({ body }) => String(body).includes(first.body.secret))).toEqual([])
  })
})

describe('revoking', () => {
  const revoke = (id: string) => here.as(here.owner, `DELETE /admin/tenants/acme/api-keys/${id}`)

  test('A10: by the API or by SQL it refuses new requests within 1 s on every replica and cuts open streams', async () => {
    const { app, model, sql } = here
    model.behave({ tokens: 2_000, delayMs: 20 })
    model.behave({ tokens: 2_000, delayMs: 20 })
    const replica = await app.startReplica()
    try {
      const bySql = (id: string): Promise<unknown> => sql`update api_keys set revoked_at = now() where id = ${id}`
      for (const end of [revoke, bySql]) {
        const { id, secret } = await here.make()
        expect((await here.use(secret, replica)).status).toBe(200)
        const stream = await send(replica, 'POST /chat/stream', { token: secret, body: { message: 'Go on' } })
        const events = iterateEvents(stream)
        while ((await events.next()).value?.event !== 'delta');
        const startedMs = performance.now()
        await end(id)
        await eventually(async () => (await here.use(secret, replica)).status === 401, 1_000)
        let last: unknown
        for await (const event of events) last = event.data.code ?? event.event
        expect(last).toBe('auth.token_invalid')
        expect(performance.now() - startedMs).toBeLessThan(5_000)
      }
    } finally {
      await replica.stop()
    }
  })

  test('takes it from the list and is told in the audit log, without its secret', async () => {
    const { id, secret } = await here.make({ name: 'Old' })
    expect((await revoke(id)).status).toBe(204)
    expect((await here.list()).filter((key) => key.id === id)).toEqual([])
    expect((await revoke(id)).body.code).toBe('api_key.not_found')
    const rows =
      await here.sql`select action, outcome, after, before from audit_log where target_id = ${id} order by at`
    expect([...rows]).toMatchObject([
      { action: 'api_key.created', outcome: 'done', after: { name: 'Old', scopes: ['chat', 'conversations'] } },
      { action: 'api_key.revoked', outcome: 'done', before: { name: 'Old' } },
    ])
    expect(JSON.stringify(rows)).not.toContain(secret)
  })
})
