import type { AnswerEvent, AnswerStream } from '../../answering/answer-stream.ts'
import { describeProblem, toAppError } from '../../http/problem-details.ts'
import type { Log } from '../../platform/log.ts'
import { encodeSseFrame, sseHeaders } from '../../platform/sse.ts'

const pingAfterMsDefault = 10_000
const pingFrame = encodeSseFrame({ event: 'ping', data: {} })

/**
 * An answer as Server-Sent Events (contract, “SSE of a chat”): pulled by the reader, so a slow one slows the upstream,
 * frames encoded once. Not `type: "direct"`, which has no backpressure. A ping goes out after 10 s of silence.
 */
export function answerResponse(
  stream: AnswerStream,
  options: { requestId: string; log: Log; pingAfterMs?: number },
): Response {
  const { pingAfterMs = pingAfterMsDefault } = options
  let id = 0
  let lastSentMs = performance.now()
  let ended = false
  let pinging: ReturnType<typeof setInterval> | undefined

  const encode = (event: AnswerEvent): Uint8Array<ArrayBuffer> => {
    id++
    const data = event.event === 'error' ? describeProblem(event.data, options.requestId) : event.data
    return encodeSseFrame({ id, event: event.event, data })
  }
  const end = (): void => {
    ended = true
    clearInterval(pinging)
  }

  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      pinging = setInterval(() => {
        if (ended || performance.now() - lastSentMs < pingAfterMs || (controller.desiredSize ?? 0) <= 0) return
        lastSentMs = performance.now()
        controller.enqueue(pingFrame)
      }, pingAfterMs / 10)
      pinging.unref()
      // A client that left before the first byte neither pulls nor cancels.
      void stream.settled.then(() => clearInterval(pinging))
    },
    async pull(controller) {
      let events: AnswerEvent[] | undefined
      try {
        events = await stream.next()
      } catch (error) {
        // A reader that left needs no last word; everyone else gets one, never a silent end.
        options.log.error({ err: error, stream_id: stream.streamId }, 'an answer failed')
        events = ended ? [] : [{ event: 'error', data: toAppError(error) }]
      }
      if (ended) return
      lastSentMs = performance.now()
      for (const event of events ?? []) controller.enqueue(encode(event))
      const last = events?.at(-1)?.event
      if (!events || last === 'done' || last === 'error') {
        end()
        controller.close()
      }
    },
    cancel() {
      end()
      return stream.leave().catch((err: unknown) => {
        options.log.error({ err, stream_id: stream.streamId }, 'an answer could not be stored')
      })
    },
  })
  return new Response(body, { headers: sseHeaders })
}
