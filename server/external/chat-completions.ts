import { type Clock, systemClock } from '../platform/clock.ts'
import { type Egress, upstreamUnreachable } from '../platform/egress.ts'
import { ChatCompletionStream } from './chat-completion-stream.ts'
import type { LanguageModel, ModelDeadlines, ModelRequest, ModelTarget } from './language-model.ts'
import {
  classifyModelResponse,
  classifyModelThrow,
  makeModelFailure,
  makeModelTimeout,
  parseRetryAfter,
} from './model-errors.ts'
import { StreamWatch } from './stream-watch.ts'

const defaultDeadlines: ModelDeadlines = { firstTokenMs: 30_000, idleMs: 20_000, totalMs: 300_000 }
const retryPauseMsMin = 100
const retryPauseMsMax = 400
const encodedLineEnds = /[\r\n]/

/**
 * Any provider with OpenAI's `POST /chat/completions` (OpenAI, DeepSeek and compatible servers), by our own guarded
 * request: the SDK's costs half as much CPU again per chunk (design §9) and reads without bounds.
 */
export function createChatCompletions(options: {
  egress: Egress
  clock?: Clock
  /** In [0, 1); for the retry's jitter. */
  random?: () => number
  /** Where a request names none of its own. */
  deadlines?: Partial<ModelDeadlines>
}): LanguageModel {
  const { egress, clock = systemClock, random = Math.random } = options
  return {
    async openStream(request) {
      const { signal } = request
      signal.throwIfAborted()
      const controller = new AbortController()
      const onAbort = (): void => controller.abort(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
      const watch = new StreamWatch({
        clock,
        deadlines: { ...defaultDeadlines, ...options.deadlines, ...request.deadlines },
        onExpired: (deadline) => controller.abort(makeModelTimeout(deadline)),
      })
      const release = (): void => {
        watch.stop()
        signal.removeEventListener('abort', onAbort)
      }
      try {
        const response = await sendWithRetry({ egress, request, controller, random })
        watch.stopWaiting()
        return new ChatCompletionStream({ body: response.body, controller, watch, release })
      } catch (error) {
        release()
        // Whatever was thrown because of the abort, the abort's reason is what happened.
        const reason: unknown = controller.signal.aborted ? controller.signal.reason : undefined
        controller.abort()
        if (signal.aborted) throw signal.reason
        throw classifyModelThrow(reason ?? error)
      }
    },
  }
}

async function sendWithRetry(call: {
  egress: Egress
  request: ModelRequest
  controller: AbortController
  random: () => number
}): Promise<Response & { body: ReadableStream<Uint8Array<ArrayBuffer>> }> {
  const { egress, request, controller, random } = call
  const { target } = request
  const init = {
    method: 'POST',
    headers: { ...authorize(target), 'content-type': 'application/json', accept: 'text/event-stream' },
    body: makeBody(request),
    signal: controller.signal,
    trusted: target.trusted,
  }
  const url = `${target.baseUrl.replace(/\/+$/, '')}/chat/completions`
  for (let attempt = 1; ; attempt += 1) {
    let response: Response | undefined
    try {
      response = await egress.fetch(url, init)
    } catch (error) {
      if (attempt > 1 || controller.signal.aborted || !isConnectionFailure(error)) throw error
    }
    if (response !== undefined) {
      if (response.ok) return requireEventStream(response)
      if (attempt > 1 || !isPassing(response)) throw await classifyModelResponse(response, controller.signal)
      response.body?.cancel().catch(() => undefined)
    }
    await pause(retryPauseMsMin + random() * (retryPauseMsMax - retryPauseMsMin), controller.signal)
  }
}

function makeBody(request: ModelRequest): string {
  const { target, messages, maxOutputTokens, sampling } = request
  // OpenAI's reasoning models refuse the old name, most compatible servers do not know the new one.
  const limit =
    target.provider === 'openai' ? { max_completion_tokens: maxOutputTokens } : { max_tokens: maxOutputTokens }
  return JSON.stringify({
    ...sampling,
    model: target.model,
    messages,
    stream: true,
    stream_options: { include_usage: true },
    ...limit,
  })
}

function authorize(target: ModelTarget): Record<string, string> {
  // A line end would be refused by fetch with the key in the message.
  if (encodedLineEnds.test(target.apiKey)) throw makeModelFailure('key_refused')
  return { authorization: `Bearer ${target.apiKey}` }
}

function requireEventStream(response: Response): Response & { body: ReadableStream<Uint8Array<ArrayBuffer>> } {
  const type = response.headers.get('content-type') ?? ''
  const encoding = response.headers.get('content-encoding') ?? 'identity'
  const isStream = type.trim().toLowerCase().startsWith('text/event-stream')
  // Compressed although identity was asked for: a bomb or a broken proxy; no provider does it.
  if (!isStream || encoding !== 'identity' || !hasBody(response)) {
    response.body?.cancel().catch(() => undefined)
    throw makeModelFailure(isStream && encoding !== 'identity' ? 'malformed' : 'not_event_stream')
  }
  return response
}

function hasBody(response: Response): response is Response & { body: ReadableStream<Uint8Array<ArrayBuffer>> } {
  return response.body !== null
}

function isConnectionFailure(error: unknown): boolean {
  return upstreamUnreachable.is(error) && error.extensions.reason === 'connection'
}

/** 502, 503 and 504 pass by themselves, unless the provider names a time to wait. */
function isPassing(response: Response): boolean {
  const { status } = response
  return status >= 502 && status <= 504 && parseRetryAfter(response.headers) === undefined
}

async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, durationMs)
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
