import { describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { learnTemplate, matchFrame, readFrame } from '../../../server/external/sse-frame.ts'
import { SseScanner } from '../../../server/external/sse-scanner.ts'

const encoder = new TextEncoder()

/** Frames as different providers write them; `$` stands for the JSON string of the text. */
const shapes = [
  '{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":$},"logprobs":null,"finish_reason":null}]}',
  '{"id":"c1","choices":[{"index":0,"delta":{"content":$},"finish_reason":null}],"usage":null,"obfuscation":"aZ9"}',
  '{"choices":[{"delta":{"role":"assistant","content":$}}],"created":"content"}',
  '{"choices":[{"delta":{"reasoning_content":null,"content":$},"index":0}]}',
  '{"note":"a decoy \\"content\\":\\"x\\" in a string","choices":[{"delta":{"content":$}}]}',
  '{"choices":[{"delta":{"content":"lost","content":$}}]}',
  '{ "choices" : [ { "delta" : { "content" : $ } } ] }',
]

const texts = fc.array(
  fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom(
      '"',
      '\\',
      '\n',
      '\r\n',
      '[1]',
      'é',
      '🎈',
      '","finish_reason":"stop',
      '\u2028',
      'data: x\n\n',
      '\t',
      '',
    ),
  ),
  { maxLength: 20 },
)

function makeStream(options: { texts: string[]; shape: string; lineEnd: string; escapes: boolean }): Uint8Array {
  const { texts, shape, lineEnd, escapes } = options
  const frames = texts.map((text) => {
    const json = JSON.stringify(text)
    const written = escapes ? json.replaceAll(/[^\0-\x7f]/gu, escapeUnicode) : json
    return `data: ${shape.replace('$', () => written)}${lineEnd}${lineEnd}`
  })
  const end = ['{"choices":[{"delta":{},"finish_reason":"stop"}]}', '[DONE]']
  return encoder.encode([...frames, ...end.map((data) => `data: ${data}${lineEnd}${lineEnd}`)].join(''))
}

function escapeUnicode(character: string): string {
  return [...Array(character.length).keys()]
    .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
    .join('')
}

function scan(bytes: Uint8Array, cuts: number[]): { text: string; scanner: SseScanner } {
  const scanner = new SseScanner()
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  let text = ''
  let from = 0
  for (const end of [...ends, bytes.length]) {
    scanner.push(bytes.slice(from, end))
    text += scanner.takeText()
    from = end
  }
  scanner.finish()
  return { text: text + scanner.takeText(), scanner }
}

describe('the scanner of model streams', () => {
  test('reads the same text however the bytes are cut, inside characters and line ends too', () => {
    fc.assert(
      fc.property(
        texts,
        fc.constantFrom(...shapes),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        fc.array(fc.nat(5_000), { maxLength: 12 }),
        (texts, shape, lineEnd, escapes, cuts) => {
          const { text, scanner } = scan(makeStream({ texts, shape, lineEnd, escapes }), cuts)
          expect(text).toBe(texts.join(''))
          expect([scanner.failure, scanner.finishReason, scanner.isDone]).toEqual([null, 'stop', true])
        },
      ),
      { numRuns: 400 },
    )
  })

  test('reads the same text byte by byte', () => {
    const all = ['Grüße 🎈', ' "quoted" \\ and\n', '[1]', '']
    for (const lineEnd of ['\n', '\r\n']) {
      const bytes = makeStream({ texts: all, shape: shapes[0]!, lineEnd, escapes: false })
      expect(scan(bytes, [...bytes.keys()]).text).toBe(all.join(''))
    }
  })

  test('the fast path reads exactly what JSON.parse reads, or nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...shapes), fc.string({ unit: 'binary', maxLength: 30 }), (shape, raw) => {
        const template = learnTemplate(`data: ${shape.replace('$', '"learnt"')}`, '\n')
        if (template === undefined) return
        // Raw text in the place of a string: often broken JSON, which the fast path must leave to the slow one.
        const json = shape.replace('$', () => `"${raw}"`)
        const match = matchFrame(template, `data: ${json}\n\n`, 0)
        if (match === undefined) return
        expect(readFrame(json)).toMatchObject({ text: match.content, finishReason: null, usage: null, isError: false })
      }),
      { numRuns: 2_000 },
    )
  })

  test('the usual frames of a provider take the fast path', () => {
    for (const shape of shapes.slice(0, 4)) {
      const template = learnTemplate(`data: ${shape.replace('$', '"learnt"')}`, '\n')
      expect(template).toBeDefined()
      expect(matchFrame(template!, `data: ${shape.replace('$', '"say \\"hi\\" 🎈"')}\n\n`, 0)?.content).toBe(
        'say "hi" 🎈',
      )
    }
  })

  test('a frame that also finishes, counts or fails is never taken for plain text', () => {
    for (const frame of [
      '{"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}',
      '{"choices":[{"delta":{"content":"x"}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}',
      '{"choices":[{"delta":{"content":"x"}}],"error":{"message":"boom"}}',
      '{"choices":[{"delta":{"content":"x","reasoning_content":"hm"}}]}',
      '{"choices":[{"message":{"content":"x"}}]}',
    ]) {
      expect(learnTemplate(`data: ${frame}`, '\n')).toBeUndefined()
    }
  })

  test('deltas that arrive in one read become one text', () => {
    const scanner = new SseScanner()
    scanner.push(makeStream({ texts: ['a', 'b', 'c'], shape: shapes[0]!, lineEnd: '\n', escapes: false }))
    expect(scanner.takeText()).toBe('abc')
    expect(scanner.takeText()).toBe('')
  })

  test('usage is read in both spellings of cached tokens, and nonsense is no usage', () => {
    const read = (usage: unknown): unknown => readFrame(JSON.stringify({ choices: [], usage }))?.usage
    expect(read({ prompt_tokens: 9, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } })).toEqual({
      promptTokens: 9,
      completionTokens: 2,
      cachedTokens: 4,
    })
    expect(read({ prompt_tokens: 9, completion_tokens: 2, prompt_cache_hit_tokens: 3 })).toMatchObject({
      cachedTokens: 3,
    })
    const nonsense = [{}, { prompt_tokens: -1, completion_tokens: 2 }, { prompt_tokens: 9, completion_tokens: 1e300 }]
    for (const usage of nonsense) expect(read(usage)).toBeNull()
  })

  test('C3: malformed frames, error frames and error events are failures', () => {
    const failureOf = (stream: string): unknown => {
      const scanner = new SseScanner()
      scanner.push(encoder.encode(stream))
      scanner.finish()
      return scanner.failure
    }
    expect(failureOf('data: {"choices": [oops\n\n')).toBe('malformed')
    expect(failureOf('data: 7\n\n')).toBe('malformed')
    expect(failureOf('data: {"error":{"message":"x"}}\n\n')).toBe('error_frame')
    expect(failureOf('data: {"object":"error","message":"x"}\n\n')).toBe('error_frame')
    expect(failureOf('event: error\ndata: {}\n\n')).toBe('error_frame')
    expect(failureOf(': keep-alive\n\nid: 4\nretry: 10\n\ndata: {"choices":[]}\n\n')).toBeNull()
  })

  test('C5: a line, an event and a stream are bounded', () => {
    const limits = { lineCharactersMax: 1_000, totalBytesMax: 10_000 }
    const feed = (chunk: string, times: number): SseScanner => {
      const scanner = new SseScanner(limits)
      for (let n = 0; n < times; n += 1) scanner.push(encoder.encode(chunk))
      return scanner
    }
    expect(feed('x', 1_001).failure).toBe('too_large')
    expect(feed('data: xxxxxxxx\n', 200).failure).toBe('too_large')
    expect(feed(': comment\n\n', 1_000).failure).toBe('too_large')
    expect(feed(': comment\n\n', 100).failure).toBeNull()
  })
})
