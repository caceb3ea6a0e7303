import { describe, expect, test } from 'bun:test'
import { createBreaker, type GuardedCall, KnownToFail } from '../../../server/answering/breaker.ts'
import { parseTenantId, type TenantId } from '../../../server/platform/ids.ts'
import { createTestClock } from '../../support/clock.ts'

const acme = parseTenantId('acme')!
const beta = parseTenantId('beta')!
const failure = new Error('it failed')
const thrownBy = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function guard<T>(work: (signal: AbortSignal) => Promise<T>, change: Partial<GuardedCall<T>> = {}): GuardedCall<T> {
  return {
    tenantId: acme,
    settings: 'one',
    timeoutMs: 1_000,
    makeTimeout: () => new Error('timeout'),
    signal: new AbortController().signal,
    work,
    isFailure: () => true,
    ...change,
  }
}

/** A breaker whose connection of `acme` has failed three times. */
async function openBreaker() {
  const clock = createTestClock()
  const breaker = createBreaker({ clock })
  let calls = 0
  const fail = (tenantId: TenantId = acme) =>
    breaker.run(
      guard(
        () => {
          calls += 1
          return Promise.reject(failure)
        },
        { tenantId },
      ),
    )
  for (let n = 0; n < 3; n++) expect(await thrownBy(fail())).toBe(failure)
  return { clock, breaker, fail, calls: () => calls }
}

describe('a connection that failed three times in a row', () => {
  test('is not tried for ten seconds, and whoever asks hears at once why', async () => {
    const { clock, fail, calls } = await openBreaker()
    clock.advanceMs(9_999)
    const told = await thrownBy(fail())
    expect(told).toBeInstanceOf(KnownToFail)
    expect(told).toMatchObject({ cause: failure })
    expect(calls()).toBe(3)
  })

  test('then one call at a time is let through; its success closes the circuit', async () => {
    const { clock, breaker, fail, calls } = await openBreaker()
    clock.advanceMs(10_001)
    const { promise, resolve } = Promise.withResolvers<string>()
    const probing = breaker.run(guard(() => promise))
    expect(await thrownBy(fail())).toBeInstanceOf(KnownToFail)
    resolve('found')
    expect(await probing).toBe('found')
    expect(await breaker.run(guard(() => Promise.resolve('again')))).toBe('again')
    expect(calls()).toBe(3)
  })

  test('while it is tried nobody waits for longer than 100 ms, and what came late closes it all the same', async () => {
    const { clock, breaker } = await openBreaker()
    clock.advanceMs(10_001)
    const { promise, resolve } = Promise.withResolvers<string>()
    const startedMs = performance.now()
    const leaving = new AbortController()
    expect(await thrownBy(breaker.run(guard(() => promise, { signal: leaving.signal })))).toBeInstanceOf(KnownToFail)
    expect(performance.now() - startedMs).toBeLessThan(100)
    // Its caller is gone by now; the trial goes on.
    leaving.abort()
    resolve('late')
    await pause(1)
    expect(await breaker.run(guard(() => Promise.resolve('again')))).toBe('again')
  })

  test('a trial that fails keeps it away for twice as long, up to two minutes', async () => {
    const { clock, fail, calls } = await openBreaker()
    for (const [index, waitMs] of [10_000, 20_000, 40_000, 80_000, 120_000, 120_000].entries()) {
      clock.advanceMs(waitMs - 1)
      expect(await thrownBy(fail())).toBeInstanceOf(KnownToFail)
      clock.advanceMs(2)
      expect(await thrownBy(fail())).toBe(failure)
      expect(calls()).toBe(4 + index)
    }
  })

  test('other settings are another connection, and another tenant’s is not touched', async () => {
    const { breaker, fail } = await openBreaker()
    const answer = () => Promise.resolve('fine')
    expect(await breaker.run(guard(answer, { tenantId: beta }))).toBe('fine')
    expect(await thrownBy(fail(beta))).toBe(failure)
    expect(await thrownBy(breaker.run(guard(answer)))).toBeInstanceOf(KnownToFail)
    expect(await breaker.run(guard(answer, { settings: 'two' }))).toBe('fine')
  })
})

test('neither a caller who left nor an error that is not the connection’s counts, and a success forgets failures', async () => {
  const breaker = createBreaker({ clock: createTestClock() })
  const fail = (change: Partial<GuardedCall<never>> = {}) => breaker.run(guard(() => Promise.reject(failure), change))
  for (let n = 0; n < 10; n++) expect(await thrownBy(fail({ isFailure: () => false }))).toBe(failure)
  for (let n = 0; n < 10; n++) {
    const leaving = new AbortController()
    const run = breaker.run(guard(() => pause(1_000), { signal: leaving.signal }))
    leaving.abort(failure)
    expect(await thrownBy(run)).toBe(failure)
  }
  for (let round = 0; round < 5; round++) {
    expect(await thrownBy(fail())).toBe(failure)
    expect(await thrownBy(fail())).toBe(failure)
    expect(await breaker.run(guard(() => Promise.resolve('fine')))).toBe('fine')
  }
})

test('a call that does not end in time fails as a timeout', async () => {
  const breaker = createBreaker({ clock: createTestClock() })
  expect(await thrownBy(breaker.run(guard(() => pause(1_000), { timeoutMs: 5 })))).toMatchObject({ message: 'timeout' })
})
