import type { AnswerEvent, AnswerStream } from '../../answering/answer-stream.ts'
import { describeProblem, toAppError } from '../../http/problem-details.ts'
import { clientLeft } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { encodeSseFrame, sseHeaders } from '../../platform/sse.ts'

const pingAfterMsDefault = 10_000
const stalledAfterMsDefault = 30_000
/** How long a reader has for the last words of an answer that was ended while it did not read. */
const lastWordsMsMax = 5_000
const pingFrame = encodeSseFrame({ event: 'ping', data: {} })

/** What an answer's response needs beside the answer. */
export interface AnswerResponseOptions {
  requestId: string
  log: Log
  pingAfterMs?: number
  /** How long a reader may leave everything unread before its answer is ended (guarantee D7). */
  stalledAfterMs?: number
  /**
   * Ends the connection. Needed when nobody reads, for the server looks at an ended body only once the socket takes
   * something again.
   */
  disconnect?: () => void
  /** Is called when everything was given or the reader is gone, with the code of the problem if that ended it. */
  onEnd?: (problemCode?: string) => void
}

/**
 * An answer as Server-Sent Events (contract, “SSE of a chat”): pulled by the reader, so a slow one slows the upstream,
 * frames encoded once. Not `type: "direct"`, which has no backpressure. A ping goes out after 10 s of silence. What ends
 * the answer from outside reaches the reader without a pull, and a reader that stands still is let go after 30 s.
 */
export function answerResponse(stream: AnswerStream, options: AnswerResponseOptions): Response {
  const { pingAfterMs = pingAfterMsDefault, stalledAfterMs = stalledAfterMsDefault } = options
  let id = 0
  let lastSentMs = performance.now()
  let phase: 'answering' | 'said' | 'closed' = 'answering'
  let isReading = false
  let patienceMs = stalledAfterMs
  let watching: ReturnType<typeof setInterval> | undefined

  let problemCode: string | undefined

  const encode = (event: AnswerEvent): Uint8Array<ArrayBuffer> => {
    id++
    if (event.event === 'error') problemCode = event.data.code
    const data = event.event === 'error' ? describeProblem(event.data, options.requestId) : event.data
    return encodeSseFrame({ id, event: event.event, data })
  }
  const finish = (): void => {
    phase = 'closed'
    clearInterval(watching)
    options.onEnd?.(problemCode)
  }
  const leave = (): Promise<void> =>
    stream.leave().catch((err: unknown) => {
      options.log.error({ err, stream_id: stream.streamId }, 'an answer could not be stored')
    })

  /** Gives what comes next, and closes once all was given and taken. */
  async function give(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    if (phase === 'said') {
      finish()
      return controller.close()
    }
    // Two may want more at once: the reader, and the end of an answer. Giving asks again by itself.
    if (isReading) return
    let events: AnswerEvent[] | undefined
    isReading = true
    try {
      events = await stream.next()
    } catch (error) {
      // A reader that left needs no last word; everyone else gets one, never a silent end.
      options.log.error({ err: error, stream_id: stream.streamId }, 'an answer failed')
      events = phase === 'closed' ? [] : [{ event: 'error', data: toAppError(error) }]
    }
    isReading = false
    if (phase === 'closed') return
    lastSentMs = performance.now()
    for (const event of events ?? []) controller.enqueue(encode(event))
    const last = events?.at(-1)?.event
    if (!events) {
      finish()
      controller.close()
    } else if (last === 'done' || last === 'error') phase = 'said'
  }

  /** Whoever waits in `pull` hears of the end there; a parked reader, or one that left before the first byte, does not. */
  async function tellEnd(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    await stream.settled
    if (isReading || phase !== 'answering') return
    patienceMs = Math.min(stalledAfterMs, lastWordsMsMax)
    await give(controller)
  }

  /** Lets go of a reader that stands still. */
  function letGo(controller: ReadableStreamDefaultController<Uint8Array>): void {
    problemCode ??= clientLeft.definition.code
    finish()
    controller.error(clientLeft({ detail: 'The answer was not read.' }))
    options.disconnect?.()
    void leave()
  }

  function watch(controller: ReadableStreamDefaultController<Uint8Array>): void {
    const silentMs = performance.now() - lastSentMs
    // Whatever is taken makes room, and then more is sent: while there is none, nothing has been taken.
    if ((controller.desiredSize ?? 0) <= 0) {
      if (silentMs >= patienceMs) letGo(controller)
    } else if (silentMs >= pingAfterMs && phase === 'answering') {
      lastSentMs = performance.now()
      controller.enqueue(pingFrame)
    }
  }

  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      watching = setInterval(() => watch(controller), Math.min(pingAfterMs, stalledAfterMs) / 10)
      watching.unref()
      void tellEnd(controller)
    },
    pull: give,
    cancel() {
      problemCode ??= clientLeft.definition.code
      finish()
      return leave()
    },
  })
  return new Response(body, { headers: { ...sseHeaders, ...stream.headers } })
}
