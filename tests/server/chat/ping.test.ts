import { expect, test } from 'bun:test'
import type { AnswerEvent, AnswerStream } from '../../../server/answering/answer-stream.ts'
import { answerResponse } from '../../../server/features/chat/answer-response.ts'
import { iterateEvents } from '../../support/call.ts'
import { readAlone } from '../../support/read-alone.ts'

const requestId = '018f0000-0000-7000-8000-000000000001'
const delta: AnswerEvent = { event: 'delta', data: { text: 'x' } }
const done: AnswerEvent = { event: 'done', data: { finish_reason: 'stop', message_id: requestId, cited: [] } }

test('silence is broken by pings without an id, and the ids of the others go on', async () => {
  const { promise: quiet, resolve: speak } = Promise.withResolvers<void>()
  const stream = streamOf([() => [delta], () => quiet.then(() => [delta]), () => [done]])
  const seen: [string | undefined, string][] = []
  for await (const { id, event, data } of iterateEvents(answerResponse(readAlone(stream), { pingAfterMs: 30 }))) {
    seen.push([id, event])
    if (event === 'ping') expect(data).toEqual({})
    if (seen.filter(([, name]) => name === 'ping').length === 2) speak()
  }
  expect(seen).toEqual([
    ['1', 'delta'],
    [undefined, 'ping'],
    [undefined, 'ping'],
    ['2', 'delta'],
    ['3', 'done'],
  ])
})

test('there is no ping while events come, and none after the end', async () => {
  const stream = streamOf([() => [delta], () => [delta], () => [done]])
  const seen: string[] = []
  for await (const { event } of iterateEvents(answerResponse(readAlone(stream), { pingAfterMs: 10_000 }))) {
    seen.push(event)
  }
  expect(seen).toEqual(['delta', 'delta', 'done'])
})

test('C3: an answer that fails in a way nobody foresaw still ends with an error event, without its text', async () => {
  const stream = streamOf([
    () => [delta],
    () => {
      throw new Error('the inner secret')
    },
  ])
  const text = await answerResponse(readAlone(stream, requestId)).text()
  expect(text).toContain('event: error')
  expect(text).toContain('"code":"server.error"')
  expect(text).toContain(`"request_id":"${requestId}"`)
  expect(text).not.toContain('inner secret')
})

function streamOf(steps: (() => AnswerEvent[] | Promise<AnswerEvent[]>)[]): AnswerStream {
  const left = [...steps]
  return {
    streamId: requestId,
    model: 'any',
    headers: {},
    next: async () => left.shift()?.(),
    leave: () => Promise.resolve(),
    cut: () => undefined,
    stop: () => undefined,
    settled: new Promise(() => undefined),
  }
}
