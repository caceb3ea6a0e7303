import { describe, expect, test } from 'bun:test'
import { createLanguageModel } from '../../../server/external/create-language-model.ts'
import type { ModelPassage } from '../../../server/external/language-model.ts'
import { createEgress } from '../../../server/platform/egress.ts'

const model = createLanguageModel({
  egress: createEgress({
    allowLoopback: false,
    lookup: () => Promise.reject(new Error('the offline model asked DNS')),
  }),
})

async function answer(passages?: ModelPassage[], signal = new AbortController().signal): Promise<string[]> {
  const stream = await model.openStream({
    target: { provider: 'offline', baseUrl: '', apiKey: '', model: 'offline', trusted: true },
    messages: [{ role: 'user', content: 'When are refunds paid?' }],
    maxOutputTokens: 100,
    signal,
    passages,
  })
  const texts: string[] = []
  for (;;) {
    const event = await stream.read()
    if (event.type === 'text') texts.push(event.text)
    else {
      expect(event).toEqual({ type: 'end', finishReason: 'stop', usage: null })
      return texts
    }
  }
}

describe('the offline model', () => {
  test('quotes the sentence that fits the question, with its number', async () => {
    const texts = await answer([
      { n: 3, title: 'Policy', excerpt: 'We sell chairs. Refunds are paid within 30 days. Call us.' },
      { n: 5, title: null, excerpt: 'Opening hours.' },
    ])
    expect(texts.join('')).toBe(
      'According to [3] (Policy): “Refunds are paid within 30 days. Call us.”\n\nAccording to [5]: “Opening hours.”',
    )
    expect(texts.length).toBeGreaterThan(3)
  })

  test('says plainly that it found no source and what it is', async () => {
    for (const passages of [undefined, [], [{ n: 1, title: null, excerpt: ' ' }]]) {
      const text = (await answer(passages)).join('')
      expect(text).toContain('no source')
      expect(text).toContain('offline model')
      expect(text).not.toContain('[1]')
    }
  })

  test('a long passage is cut, and an abort ends the answer with its reason', async () => {
    const text = (await answer([{ n: 1, title: null, excerpt: 'word '.repeat(1_000) }])).join('')
    expect(text.length).toBeLessThan(450)
    expect(text).toEndWith('…”')
    const reason = new Error('the client left')
    expect(await answer([], AbortSignal.abort(reason)).catch((error: unknown) => error)).toBe(reason)
  })
})
