import { useCallback, useEffect, useRef, useState } from 'react'
import { useApi } from '../api/api-context.ts'
import type { Api } from '../api/client.ts'
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

/** One streaming test answer, and how to ask for it. */
export interface PreviewAnswer {
  answer: Answer
  /** Asks anew; an answer under way is dropped. Resolves with the answer as it ended, never rejects. */
  ask: (question: PreviewQuestion) => Promise<Answer>
  /** Ends the answer where it is; the model stops too. */
  stop: () => void
  /** Back to before the first question. */
  clear: () => void
}

/** Words are drawn this often, however many tokens come. */
const drawnEveryMs = 60

/** Streams test answers of a tenant's bot, one at a time; leaving the page stops it. */
export function usePreviewAnswer(tenantId: string): PreviewAnswer {
  const api = useApi()
  const [answer, setAnswer] = useState<Answer>(noAnswer)
  const running = useRef<AbortController>(undefined)

  const stop = useCallback(() => running.current?.abort(), [])
  const drop = useCallback(() => {
    const dropped = running.current
    running.current = undefined
    dropped?.abort()
  }, [])
  const clear = useCallback(() => {
    drop()
    setAnswer(noAnswer)
  }, [drop])
  const ask = useCallback(
    (question: PreviewQuestion): Promise<Answer> => {
      drop()
      const controller = new AbortController()
      running.current = controller
      return streamAnswer({
        api,
        tenantId,
        question,
        signal: controller.signal,
        onChange: (changed) => {
          if (running.current === controller) setAnswer(changed)
        },
      })
    },
    [api, tenantId, drop],
  )
  useEffect(() => drop, [drop])
  return { answer, ask, stop, clear }
}

async function streamAnswer(options: {
  api: Api
  tenantId: string
  question: PreviewQuestion
  signal: AbortSignal
  onChange: (answer: Answer) => void
}): Promise<Answer> {
  const { api, question, signal, onChange } = options
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
    const body = { message: question.message, ...(question.withoutSources && { retrieval: 'off' }) }
    const events = question.asUser
      ? api.streamChat({ path: '/chat/stream', tenantId: options.tenantId, body, signal })
      : api.streamChat({
          path: `/admin/tenants/${encodeURIComponent(options.tenantId)}/preview`,
          body: {
            ...body,
            ...(question.systemPrompt === undefined ? {} : { system_prompt: question.systemPrompt }),
            ...(question.history === undefined ? {} : { history: question.history }),
          },
          signal,
        })
    for await (const event of events) {
      const before = answer.phase
      answer = takeEvent(answer, { event, ms: performance.now() - startedMs })
      if (answer.phase === before) drawing ??= setTimeout(draw, drawnEveryMs)
      else draw()
    }
  } catch (thrown) {
    answer = signal.aborted ? stopAnswer(answer) : failAnswer(answer, toProblem(thrown))
  }
  draw()
  return answer
}
