import { useCallback, useEffect, useRef, useState } from 'react'
import { useApi } from '../api/api-context.ts'
import type { ChatEvent, ChatStreamPlace } from '../api/chat-stream.ts'
import { toProblem } from '../api/problem.ts'
import { awaitedAnswer, failAnswer, noAnswer, stopAnswer, takeEvent, type Answer } from './preview-answer.ts'

/** A message of a made-up conversation. */
export interface HistoryEntry {
  role: 'user' | 'assistant'
  content: string
}

/** What to ask of a tenant's bot; counted as test usage, kept nowhere, unless it is asked as its users ask. */
export interface PreviewQuestion {
  message: string
  /** Instead of the live prompt; null is the platform's default, left out the live one. */
  systemPrompt?: string | null
  /** What was said before, oldest first; 40 messages at most. */
  history?: readonly HistoryEntry[]
  /** Answers without searching the tenant's knowledge. */
  withoutSources?: boolean
  /** Goes the way of the tenant's users: the live prompt, a conversation that is kept, counted as an answer of the tenant. */
  asUser?: boolean
}

/** An answer that was asked for before, such as before a reload. */
export interface AskedBefore {
  streamId: string
  asUser?: boolean
}

/** One streaming test answer, and how to ask for it. */
export interface PreviewAnswer {
  answer: Answer
  /**
   * Asks anew; an answer under way is dropped. Resolves with the answer as it ended, never rejects.
   * @param onStart is told the id by which `follow` finds it again
   */
  ask: (question: PreviewQuestion, onStart?: (streamId: string) => void) => Promise<Answer>
  /** Takes up an answer again, from its beginning. */
  follow: (asked: AskedBefore) => Promise<Answer>
  /** Ends the answer where it is; the model stops too. */
  stop: () => void
  /** Back to before the first question. */
  clear: () => void
}

/** Words are drawn this often, however many tokens come. */
const drawnEveryMs = 60
/** When the server does not tell the end of an answer that was stopped, it ends here. */
const stoppedWithinMs = 5_000

interface Run {
  controller: AbortController
  place: ChatStreamPlace
  streamId: string | undefined
}

/**
 * Streams test answers of a tenant's bot, one at a time; leaving the page stops it. A reload does not: the answer goes on
 * on the server, and `follow` takes it up again.
 */
export function usePreviewAnswer(tenantId: string): PreviewAnswer {
  const api = useApi()
  const [answer, setAnswer] = useState<Answer>(noAnswer)
  const running = useRef<Run>(undefined)

  const stop = useCallback(() => {
    const run = running.current
    if (!run) return
    if (run.streamId === undefined) return run.controller.abort()
    // The end comes by the stream itself, with what was counted.
    api.stopChat({ ...run.place, streamId: run.streamId }).catch(() => run.controller.abort())
    setTimeout(() => run.controller.abort(), stoppedWithinMs)
  }, [api])
  const drop = useCallback(() => {
    const dropped = running.current
    running.current = undefined
    if (!dropped) return
    dropped.controller.abort()
    if (dropped.streamId === undefined) return
    // Whether or not that arrives, the server ends an answer that nobody reads.
    api.stopChat({ ...dropped.place, streamId: dropped.streamId }).catch(() => undefined)
  }, [api])
  const clear = useCallback(() => {
    drop()
    setAnswer(noAnswer)
  }, [drop])
  const begin = useCallback(
    async (call: ChatStreamPlace & Asking, onStart?: (streamId: string) => void): Promise<Answer> => {
      drop()
      const { path, tenantId: entered, ...asking } = call
      const run: Run = {
        controller: new AbortController(),
        place: { path, ...(entered === undefined ? {} : { tenantId: entered }) },
        streamId: undefined,
      }
      running.current = run
      const ended = await streamAnswer({
        events: api.streamChat({ ...run.place, ...asking, signal: run.controller.signal }),
        isNew: asking.streamId === undefined,
        signal: run.controller.signal,
        onStart: (streamId) => {
          run.streamId = streamId
          onStart?.(streamId)
        },
        onChange: (changed) => {
          if (running.current === run) setAnswer(changed)
        },
      })
      if (running.current === run) running.current = undefined
      return ended
    },
    [api, drop],
  )
  const ask = useCallback(
    (question: PreviewQuestion, onStart?: (streamId: string) => void) =>
      begin({ ...placeOf(tenantId, question.asUser), body: bodyOf(question) }, onStart),
    [begin, tenantId],
  )
  const follow = useCallback(
    ({ streamId, asUser }: AskedBefore) => begin({ ...placeOf(tenantId, asUser), streamId }),
    [begin, tenantId],
  )
  useEffect(() => drop, [drop])
  return { answer, ask, follow, stop, clear }
}

type Asking = { body: Record<string, unknown>; streamId?: undefined } | { streamId: string; body?: undefined }

function placeOf(tenantId: string, asUser = false): ChatStreamPlace {
  return asUser
    ? { path: '/chat/stream', tenantId }
    : { path: `/admin/tenants/${encodeURIComponent(tenantId)}/preview` }
}

function bodyOf(question: PreviewQuestion): Record<string, unknown> {
  const { message, withoutSources, asUser, systemPrompt, history } = question
  const body = { message, ...(withoutSources && { retrieval: 'off' }) }
  if (asUser) return body
  return {
    ...body,
    ...(systemPrompt === undefined ? {} : { system_prompt: systemPrompt }),
    ...(history === undefined ? {} : { history }),
  }
}

async function streamAnswer(options: {
  events: AsyncGenerator<ChatEvent>
  /** It was asked for just now. */
  isNew: boolean
  signal: AbortSignal
  onStart: (streamId: string) => void
  onChange: (answer: Answer) => void
}): Promise<Answer> {
  const { signal, onChange } = options
  const startedMs = performance.now()
  let answer = awaitedAnswer
  let drawing: ReturnType<typeof setTimeout> | undefined
  const draw = (): void => {
    clearTimeout(drawing)
    drawing = undefined
    onChange(answer)
  }
  draw()
  try {
    for await (const event of options.events) {
      if (event.event === 'start') options.onStart(event.data.stream_id)
      const before = answer.phase
      answer = takeEvent(answer, { event, ms: options.isNew ? performance.now() - startedMs : undefined })
      if (answer.phase === before) drawing ??= setTimeout(draw, drawnEveryMs)
      else draw()
    }
  } catch (thrown) {
    answer = signal.aborted ? stopAnswer(answer) : failAnswer(answer, toProblem(thrown))
  }
  draw()
  return answer
}
