import { afterEach, expect, test } from 'bun:test'
import { connect, type Socket } from 'node:net'
import type { AnswerOutcome } from '../../../server/answering/answer-outcome.ts'
import { type AnswerStream, createAnswerStream } from '../../../server/answering/answer-stream.ts'
import type { ModelEvent } from '../../../server/external/language-model.ts'
import { answerResponse } from '../../../server/features/chat/answer-response.ts'
import { tenantInactive } from '../../../server/http/tenant-gate.ts'
import { systemClock } from '../../../server/platform/clock.ts'
import { createLog } from '../../../server/platform/log.ts'
import { readAlone } from '../../support/read-alone.ts'
import { eventually } from '../../support/scenario.ts'

/** D7: readers that never read. Nothing pulls for them, so nothing may depend on a pull. */

const log = createLog({ level: 'silent', destination: { write: () => undefined } })
const requestId = '018f0000-0000-7000-8000-000000000001'
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean()
})

interface Scene {
  stream: AnswerStream
  outcomes: AnswerOutcome[]
  /** Has the upstream been told to stop? */
  aborted: () => boolean
  reads: () => number
}

/** An answer of a model that never stops. */
function startAnswer(totalMsMax?: number): Scene {
  const abort = new AbortController()
  const outcomes: AnswerOutcome[] = []
  let reads = 0
  const stream = createAnswerStream({
    ids: { streamId: requestId, sessionId: null, messageId: requestId },
    headers: {},
    model: {
      read(): Promise<ModelEvent> {
        if (abort.signal.aborted) return Promise.reject(abort.signal.reason)
        reads += 1
        // JSON needs six bytes for each of these, so that the sockets are full long before the answer is too long.
        return Promise.resolve({ type: 'text', text: '\u0001'.repeat(5_000) })
      },
      unsaidBytes: 0,
      close: () => undefined,
    },
    target: { provider: 'offline', model: 'test', baseUrl: '', apiKey: '', trusted: true },
    messages: [],
    price: undefined,
    retrieved: null,
    abort,
    finish: (outcome) => {
      outcomes.push(outcome)
      return Promise.resolve()
    },
    noteProvider: () => undefined,
    maxOutputTokens: 200_000,
    startedMs: systemClock.monotonicMs(),
    clock: systemClock,
    log,
    totalMsMax,
  })
  return { stream, outcomes, aborted: () => abort.signal.aborted, reads: () => reads }
}

/** Serves the answer to a client that asks and never reads; resolves when nothing goes out any more. */
async function park(scene: Scene, options: { stalledAfterMs?: number; pingAfterMs?: number }): Promise<Parked> {
  let cancelled = false
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch(request, self) {
      request.signal.addEventListener('abort', () => {
        cancelled = true
      })
      return answerResponse(readAlone(scene.stream), {
        ...options,
        disconnect: () => self.timeout(request, 1),
      })
    },
  })
  cleanups.push(() => server.stop(true))
  const socket = connect(Number(server.port), '127.0.0.1')
  cleanups.push(() => socket.destroy())
  socket.on('error', () => undefined)
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nHost: tenantry\r\n\r\n')
  let before = -1
  await eventually(async () => {
    const isStill = scene.reads() > 10 && scene.reads() === before
    before = scene.reads()
    await Bun.sleep(50)
    return isStill
  })
  return { socket, isGone: () => cancelled }
}

interface Parked {
  socket: Socket
  /** Has the server ended the connection? */
  isGone: () => boolean
}

test('D7: a reader that takes nothing for a while is let go: stored as aborted, upstream and connection ended', async () => {
  const scene = startAnswer()
  const { isGone } = await park(scene, { stalledAfterMs: 400 })
  await scene.stream.settled
  expect(scene.aborted()).toBe(true)
  expect(scene.outcomes.map(({ call }) => call.status)).toEqual(['aborted'])
  expect(scene.outcomes[0]?.content.length).toBeGreaterThan(50_000)
  await eventually(isGone, 6_000)
})

test('A10: an answer that is cut while nobody reads is stored and ends at once', async () => {
  const scene = startAnswer()
  await park(scene, {})
  expect(scene.outcomes).toEqual([])
  scene.stream.cut(tenantInactive())
  await scene.stream.settled
  expect(scene.aborted()).toBe(true)
  expect(scene.outcomes.map(({ call }) => call.status)).toEqual(['aborted'])
  const { reads } = scene
  const readsThen = reads()
  await scene.stream.leave()
  expect([reads(), scene.outcomes.length]).toEqual([readsThen, 1])
})

test('a reader that wakes up after the cut gets everything up to the error event, and a proper end', async () => {
  const scene = startAnswer()
  const { socket } = await park(scene, {})
  scene.stream.cut(tenantInactive())
  await scene.stream.settled
  let tail = ''
  socket.on('data', (data) => {
    tail = (tail + data.toString('latin1')).slice(-2_000)
  })
  socket.resume()
  await eventually(() => tail.endsWith('\r\n0\r\n\r\n'))
  expect(tail).toContain('event: error')
  expect(tail).toContain('"code":"tenant.inactive"')
})

test('C4: the total deadline ends an answer that nobody reads', async () => {
  const scene = startAnswer(300)
  await scene.stream.settled
  expect(scene.aborted()).toBe(true)
  expect(scene.outcomes.map(({ call }) => call.status)).toEqual(['failed'])
  const events = [await scene.stream.next(), await scene.stream.next()].flat()
  expect(events.map((event) => event?.event)).toEqual(['start', 'error'])
  expect(events.at(-1)?.data).toMatchObject({ code: 'model.timeout', extensions: { deadline: 'total' } })
  expect(await scene.stream.next()).toBeUndefined()
})

test('a slow reader is not a parked one', async () => {
  const scene = startAnswer()
  const response = answerResponse(readAlone(scene.stream), { stalledAfterMs: 300 })
  const reader = response.body?.getReader()
  for (let taken = 0; taken < 6; taken += 1) {
    await Bun.sleep(100)
    expect((await reader?.read())?.done).toBe(false)
  }
  expect(scene.outcomes).toEqual([])
  await reader?.cancel()
  await scene.stream.settled
  expect(scene.outcomes.map(({ call }) => call.status)).toEqual(['aborted'])
})
