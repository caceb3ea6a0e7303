/** What the fake does with one request (or, sticky, with all): the fields that are set apply. */
export interface FakeOpenAiBehaviour {
  /** Which endpoint it is meant for; a one-shot behaviour waits in the queue until that endpoint is called. */
  on?: 'chat' | 'embeddings' | 'models'
  /** The exact deltas, for markers split over deltas. */
  deltas?: string[]
  /** The whole answer, split into words. */
  text?: string
  /** An answer of so many deltas (`word0 word1 …`). */
  tokens?: number
  /** What it thinks aloud before, a piece of text after the other. */
  reasoning?: string[]
  /** Between tokens. With 0 the whole stream is written at once. */
  delayMs?: number
  /** Gives its first delta again and again, every `delayMs`, until this settles. */
  repeatsUntil?: Promise<unknown>
  firstTokenDelayMs?: number
  /** Before the status line. */
  headersDelayMs?: number
  /** An error status; its body carries `canary` unless `body` is given. */
  status?: number
  retryAfter?: string
  body?: string
  html200?: boolean
  malformedSse?: boolean
  /** An `error` frame inside the stream, after so many deltas. */
  errorFrameAfter?: number
  /** Ends after so many deltas, without finish_reason and [DONE]. */
  cutAfter?: number
  /** Breaks the TCP connection after so many deltas. */
  resetAfter?: number
  finishReason?: string
  stallBeforeHeaders?: boolean
  /** Silence after so many deltas, the connection left open. */
  stallAfter?: number
  /** One byte per interval (default 1,000 ms). */
  oneByteEveryMs?: number
  endlessErrorBody?: boolean
  endlessLine?: boolean
  gzipBomb?: boolean
  redirectTo?: string
  /** Usage of the stream; null leaves the frame out. */
  usage?: { prompt_tokens: number; completion_tokens: number; cached_tokens?: number } | null
  /** Leaves out [DONE] and keeps the connection open after the finish frame. */
  stallAfterFinish?: boolean
  /** Line ends of the stream. */
  lineEnd?: '\n' | '\r\n'
  /** Cuts the stream into writes of so many bytes. */
  writeBytes?: number
}

/** Appears in every error body of the fakes; a test asserts that it appears nowhere else. */
export const upstreamCanary = 'CANARY-upstream-text-7f3a'

const encoder = new TextEncoder()

/** The deltas of an answer. */
export function makeDeltas(behaviour: FakeOpenAiBehaviour, echo: string): string[] {
  if (behaviour.deltas) return behaviour.deltas
  if (behaviour.tokens !== undefined) return Array.from({ length: behaviour.tokens }, (_, n) => `word${n} `)
  return (behaviour.text ?? echo).match(/\s*\S+/gu) ?? []
}

/** The frames of a chat stream as OpenAI sends them, each one complete event. */
export function makeFrames(options: {
  behaviour: FakeOpenAiBehaviour
  deltas: string[]
  model: string
  includeUsage: boolean
  usage: { prompt_tokens: number; completion_tokens: number; cached_tokens?: number }
}): { frames: Uint8Array<ArrayBuffer>[]; stalls: boolean; resets: boolean } {
  const { behaviour, deltas, model, includeUsage } = options
  const end = behaviour.lineEnd ?? '\n'
  const base = `{"id":"chatcmpl-fake","object":"chat.completion.chunk","created":1760000000,"model":${JSON.stringify(model)}`
  const nullUsage = includeUsage ? ',"usage":null' : ''
  const event = (data: string): Uint8Array<ArrayBuffer> => encoder.encode(`data: ${data}${end}${end}`)
  const chunk = (delta: string, finish: string): Uint8Array<ArrayBuffer> =>
    event(`${base},"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}]${nullUsage}}`)

  const frames = [chunk('{"role":"assistant","content":""}', 'null')]
  for (const text of behaviour.reasoning ?? []) {
    frames.push(chunk(`{"content":null,"reasoning_content":${JSON.stringify(text)}}`, 'null'))
  }
  const shown = Math.min(
    behaviour.cutAfter ?? Infinity,
    behaviour.resetAfter ?? Infinity,
    behaviour.stallAfter ?? Infinity,
    behaviour.errorFrameAfter ?? Infinity,
    deltas.length,
  )
  for (const text of deltas.slice(0, shown)) frames.push(chunk(`{"content":${JSON.stringify(text)}}`, 'null'))
  if (behaviour.malformedSse) frames.push(encoder.encode(`data: {"choices": [${upstreamCanary}${end}${end}`))
  if (behaviour.errorFrameAfter !== undefined) {
    frames.push(event(JSON.stringify({ error: { message: upstreamCanary, type: 'server_error', code: 'boom' } })))
  }
  const resets = behaviour.resetAfter !== undefined
  if (behaviour.stallAfter !== undefined) return { frames, stalls: true, resets }
  if (resets || behaviour.cutAfter !== undefined || behaviour.errorFrameAfter !== undefined || behaviour.malformedSse) {
    return { frames, stalls: false, resets }
  }
  frames.push(chunk('{}', JSON.stringify(behaviour.finishReason ?? 'stop')))
  if (behaviour.stallAfterFinish) return { frames, stalls: true, resets }
  if (includeUsage && behaviour.usage !== null) {
    const usage = JSON.stringify(describeUsage(behaviour.usage ?? options.usage))
    frames.push(event(`${base},"choices":[],"usage":${usage}}`))
  }
  frames.push(encoder.encode(`data: [DONE]${end}${end}`))
  return { frames, stalls: false, resets }
}

/** OpenAI's usage object. */
export function describeUsage(usage: {
  prompt_tokens: number
  completion_tokens: number
  cached_tokens?: number
}): Record<string, unknown> {
  const { cached_tokens = 0, ...tokens } = usage
  return {
    ...tokens,
    total_tokens: tokens.prompt_tokens + tokens.completion_tokens,
    prompt_tokens_details: { cached_tokens, audio_tokens: 0 },
  }
}

/** A body that never ends, as fast as it is read. */
export function endlessBody(options: { prefix: string; filler: string; onClose: () => void }): ReadableStream {
  const block = encoder.encode(options.filler.repeat(65_536))
  let first = true
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(first ? encoder.encode(options.prefix) : block)
      first = false
    },
    cancel: options.onClose,
  })
}

let bomb: Uint8Array<ArrayBuffer> | undefined

/** About 1 MB of gzip that unpacks to 1 GB of zeros. */
export function gzipBombBytes(): Uint8Array<ArrayBuffer> {
  if (bomb) return bomb
  const part = Bun.gzipSync(new Uint8Array(64 * 1024 * 1024))
  bomb = Buffer.concat(Array.from({ length: 16 }, () => part))
  return bomb
}

/** Writes parts with pauses; the whole at once when there is nothing to wait for. */
export function timedBody(options: {
  parts: Uint8Array<ArrayBuffer>[]
  firstDelayMs: number
  delayMs: number
  /** Writes its second part, the first delta, again until this settles. */
  repeatsUntil?: Promise<unknown>
  /** Leaves the stream open after the last part. */
  stalls: boolean
  /** Breaks the connection after the last part instead of ending it. */
  resets: boolean
  onClose: () => void
}): ReadableStream | Uint8Array<ArrayBuffer> {
  const { parts, firstDelayMs, delayMs, stalls, resets, onClose } = options
  if (firstDelayMs === 0 && delayMs === 0 && !stalls && !resets) {
    onClose()
    return Buffer.concat(parts)
  }
  let timer: ReturnType<typeof setTimeout> | undefined
  let repeats = options.repeatsUntil !== undefined
  void options.repeatsUntil?.finally(() => (repeats = false))
  return new ReadableStream<Uint8Array>({
    start(controller) {
      let at = 0
      const finish = (): void => {
        if (resets) {
          // Later, so that what was written leaves before the connection breaks.
          timer = setTimeout(() => {
            onClose()
            controller.error(new Error('connection broken on purpose'))
          }, 20)
        } else if (!stalls) {
          controller.close()
          onClose()
        }
      }
      const step = (): void => {
        const part = parts[at]
        if (!repeats || at !== 1) at += 1
        if (!part) return finish()
        controller.enqueue(part)
        if (delayMs > 0) timer = setTimeout(step, delayMs)
        else {
          for (const rest of parts.slice(at)) controller.enqueue(rest)
          finish()
        }
      }
      if (firstDelayMs > 0) timer = setTimeout(step, firstDelayMs)
      else step()
    },
    cancel() {
      clearTimeout(timer)
      onClose()
    },
  })
}

/** Cuts bytes into parts of `size`. */
export function slice(bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer>[] {
  const parts: Uint8Array<ArrayBuffer>[] = []
  for (let at = 0; at < bytes.byteLength; at += size) parts.push(bytes.slice(at, at + size))
  return parts
}
