import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { createLanguageModel } from '../../../server/external/create-language-model.ts'
import type { LanguageModel, ModelStream } from '../../../server/external/language-model.ts'
import { createEgress } from '../../../server/platform/egress.ts'
import { type FakeOpenAi, startFakeOpenAi } from '../../support/fake-openai.ts'
import { failOf, type OpenOptions, openStream, readAll } from './model-streams.ts'

let fake: FakeOpenAi
let model: LanguageModel

beforeAll(async () => {
  fake = await startFakeOpenAi()
  model = createLanguageModel({ egress: createEgress({ allowLoopback: true }), random: () => 0 })
})
afterEach(() => fake.reset())
afterAll(() => fake.stop())

const open = (options: Partial<OpenOptions> = {}): Promise<ModelStream> =>
  openStream(model, { baseUrl: fake.url, ...options })

describe('C4: each deadline ends the stream with its own code and closes the connection', () => {
  const cases = [
    ['silence before the headers', { stallBeforeHeaders: true }, { firstTokenMs: 150 }, 'first_token', ''],
    ['silence before the first token', { stallAfter: 0 }, { firstTokenMs: 150 }, 'first_token', ''],
    ['one byte at a time', { oneByteEveryMs: 20 }, { firstTokenMs: 300, idleMs: 100 }, 'first_token', ''],
    ['silence after the first token', { stallAfter: 1, text: 'one two' }, { idleMs: 150 }, 'idle', 'one'],
    ['an endless answer', { tokens: 1_000, delayMs: 20 }, { totalMs: 300 }, 'total', 'word0'],
  ] as const
  for (const [name, behaviour, deadlines, deadline, said] of cases) {
    test(`C4: ${name}`, async () => {
      fake.behave(behaviour)
      const limitMs = Math.max(...Object.values(deadlines))
      const startedMs = performance.now()
      const { error, text } = await failOf(() => open({ deadlines }))
      const tookMs = performance.now() - startedMs
      expect(error).toMatchObject({ code: 'model.timeout', status: 504, extensions: { deadline } })
      expect(text).toStartWith(said)
      expect(tookMs).toBeGreaterThanOrEqual(limitMs - 5)
      expect(tookMs).toBeLessThan(limitMs + 500)
      await expectClosed()
      expect(fake.requests).toHaveLength(1)
    })
  }

  test('C4: a slow reader of ours is not a slow provider', async () => {
    fake.behave({ tokens: 3, delayMs: 5 })
    const stream = await open({ deadlines: { idleMs: 60, firstTokenMs: 60 } })
    const first = await stream.read()
    await Bun.sleep(200)
    expect(first.type).toBe('text')
    expect((await readAll(stream)).events.at(-1)).toMatchObject({ type: 'end' })
  })
})

describe('C5: a hostile provider costs no memory', () => {
  const cases = [
    ['an endless error body', { endlessErrorBody: true, status: 429 }, 'rate_limited'],
    ['an endless line', { endlessLine: true }, 'too_large'],
    ['a gzip bomb', { gzipBomb: true }, 'malformed'],
    ['a gzip bomb as error', { gzipBomb: true, status: 400 }, 'request_refused'],
  ] as const
  for (const [name, behaviour, reason] of cases) {
    test(`C5: ${name} grows the process by less than 50 MB`, async () => {
      // The fake lives elsewhere, so that only our side is measured.
      const before = process.memoryUsage.rss()
      let peak = before
      const sampler = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage.rss())
      }, 5)
      const child = await startFakeElsewhere(behaviour)
      const { error } = await failOf(() => open({ baseUrl: child.url }))
      clearInterval(sampler)
      peak = Math.max(peak, process.memoryUsage.rss())
      await child.stop()
      expect(error.extensions).toEqual({ reason })
      expect(peak - before).toBeLessThan(50 * 1024 * 1024)
    })
  }
})

describe('D8: whoever leaves, leaves nothing open', () => {
  test('D8: an abort before the headers, before the first token and in the middle closes the upstream', async () => {
    for (const behaviour of [{ stallBeforeHeaders: true }, { stallAfter: 0 }, { stallAfter: 2, tokens: 5 }]) {
      fake.behave(behaviour)
      const caller = new AbortController()
      const reason = new Error('the client left')
      const reading = open({ signal: caller.signal }).then(readAll)
      await until(() => fake.openConnections() === 1)
      await Bun.sleep(20)
      caller.abort(reason)
      expect(await reading.catch((error: unknown) => error)).toBe(reason)
      await expectClosed()
    }
  })

  test('D8: close ends a stream that is not read to its end, and a pending read with it', async () => {
    fake.behave({ stallAfter: 1, tokens: 5 })
    const stream = await open()
    await stream.read()
    const pending = stream.read().catch((error: unknown) => error)
    stream.close()
    stream.close()
    expect(await pending).toMatchObject({ name: 'AbortError' })
    await expectClosed()
  })

  test('D8: 300 clients that leave at any moment leave 0 connections', async () => {
    fake.behave({ tokens: 20, delayMs: 2 }, { sticky: true })
    const leave = async (n: number): Promise<void> => {
      const caller = new AbortController()
      setTimeout(() => caller.abort(), n % 60)
      await open({ signal: caller.signal })
        .then(readAll, () => undefined)
        .catch(() => undefined)
    }
    for (let round = 0; round < 6; round += 1) await Promise.all(Array.from({ length: 50 }, (_, n) => leave(n)))
    await expectClosed()
  })
})

async function expectClosed(): Promise<void> {
  await until(() => fake.openConnections() === 0)
}

async function until(isTrue: () => boolean): Promise<void> {
  const startedMs = performance.now()
  while (!isTrue()) {
    if (performance.now() - startedMs > 1_000) throw new Error('it did not happen within 1 s')
    await Bun.sleep(5)
  }
}

async function startFakeElsewhere(behaviour: object): Promise<{ url: string; stop(): Promise<void> }> {
  const child = Bun.spawn(
    ['bun', `${import.meta.dir}/../../support/fake-openai-process.ts`, JSON.stringify(behaviour)],
    {
      stdout: 'pipe',
      stderr: 'ignore',
    },
  )
  const reader = child.stdout.getReader()
  const { value } = await reader.read()
  return {
    url: new TextDecoder().decode(value).trim(),
    async stop() {
      child.kill()
      await child.exited
    },
  }
}
