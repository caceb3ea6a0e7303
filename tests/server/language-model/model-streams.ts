import { expect } from 'bun:test'
import type {
  LanguageModel,
  ModelDeadlines,
  ModelEvent,
  ModelProvider,
  ModelStream,
} from '../../../server/external/language-model.ts'
import { AppError } from '../../../server/platform/errors.ts'
import { upstreamCanary } from '../../support/fake-openai-answers.ts'

/** What a test changes of a plain call. */
export interface OpenOptions {
  deadlines?: Partial<ModelDeadlines>
  signal?: AbortSignal
  provider?: ModelProvider
  /** Of the fake. */
  baseUrl: string
  apiKey?: string
  system?: string
}

/** Opens a stream with one user message and a key that must appear nowhere. */
export function openStream(model: LanguageModel, options: OpenOptions): Promise<ModelStream> {
  const { deadlines, signal = new AbortController().signal, provider = 'openai-compatible', system } = options
  return model.openStream({
    target: {
      provider,
      baseUrl: options.baseUrl,
      apiKey: options.apiKey ?? 'sk-secret-canary',
      model: 'gpt-4.1-mini',
      trusted: false,
    },
    messages: [
      ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
      { role: 'user', content: 'hello' },
    ],
    maxOutputTokens: 77,
    signal,
    deadlines,
  })
}

/** Reads a stream to its end. */
export async function readAll(stream: ModelStream): Promise<{ text: string; events: ModelEvent[] }> {
  const events: ModelEvent[] = []
  let text = ''
  for (;;) {
    const event = await stream.read()
    events.push(event)
    if (event.type === 'end') return { text, events }
    text += event.text
  }
}

/** What was read before the failure, and the failure; a clean end is itself a failure of the test. */
export async function failOf(work: () => Promise<ModelStream>): Promise<{ error: AppError; text: string }> {
  let text = ''
  try {
    const stream = await work()
    for (;;) {
      const event = await stream.read()
      if (event.type === 'end') throw new Error('the stream ended as if nothing had happened')
      text += event.text
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const shown = JSON.stringify([error.message, error.detail, error.headers, error.errors, error.extensions])
    expect(shown).not.toContain(upstreamCanary)
    expect(shown).not.toContain('sk-secret-canary')
    return { error, text }
  }
}
