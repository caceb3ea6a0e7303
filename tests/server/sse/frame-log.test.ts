import { expect, test } from 'bun:test'
import { FrameLog } from '../../../server/platform/frame-log.ts'
import { encodeSseFrame } from '../../../server/platform/sse.ts'

const events = Array.from({ length: 300 }, (_, at): [string, unknown] =>
  at % 50 === 7 ? ['sources', { sources: [at], mode: 'wörd' }] : ['delta', { text: `wörd\n\n${at} 語 🙂 "\\` }],
)
const wire = (from = 0): string =>
  events
    .map(([event, data], at) => new TextDecoder().decode(encodeSseFrame({ id: at + 1, event, data })))
    .slice(from)
    .join('')

test('a log gives the very bytes of its frames, from any of them on, however little at once', () => {
  const log = new FrameLog()
  for (const [event, data] of events) log.append(event, data)
  log.end()
  expect([log.lastId, log.isEnded]).toEqual([300, true])
  for (const afterId of [0, 1, 9, 99, 299]) {
    for (const bytesMax of [1, 1_000, Number.POSITIVE_INFINITY]) {
      let text = ''
      let id = afterId
      for (let read = log.read(id, bytesMax); read; read = log.read(id, bytesMax)) {
        text += new TextDecoder().decode(read.bytes)
        expect(read.lastId).toBeGreaterThan(id)
        id = read.lastId
      }
      expect(text).toBe(wire(afterId))
    }
  }
  expect(log.read(300)).toBeUndefined()
})

test('a log that was filled with the frames of another one is the same; what are no frames is refused', () => {
  const log = new FrameLog()
  const text = wire()
  const cut = text.indexOf('id: 100\n')
  log.appendFrames(text.slice(0, cut))
  log.appendFrames(text.slice(cut))
  expect(new TextDecoder().decode(log.read(0)?.bytes)).toBe(text)
  expect(() => new FrameLog().appendFrames('nonsense\n\n')).toThrow('not the frames')
})
