import type { AnswerReader } from '../../answering/answer-reader.ts'
import { clientLeft } from '../../platform/errors.ts'
import { encodeSseFrame, sseHeaders } from '../../platform/sse.ts'

const pingAfterMsDefault = 10_000
const stalledAfterMsDefault = 30_000
/** How long a reader has for the last words of an answer that was ended while it did not read. */
const lastWordsMsMax = 5_000
const pingFrame = encodeSseFrame({ event: 'ping', data: {} })

/** What an answer's response needs beside what is read. */
export interface AnswerResponseOptions {
  pingAfterMs?: number
  /** How long a reader may leave everything unread before it is let go (guarantee D7). */
  stalledAfterMs?: number
  /** What keeps a silent connection open; default: a `ping` event. */
  ping?: Uint8Array<ArrayBuffer>
  /** Beside those of every event stream. */
  headers?: Record<string, string>
  /** Aborts when the client has left, also before it has read anything. */
  signal?: AbortSignal
  /**
   * Ends the connection. Needed when nobody reads, for the server looks at an ended body only once the socket takes
   * something again.
   */
  disconnect?: () => void
  /** Is called when everything was given or the reader is gone, with the code of the problem if that ended it. */
  onEnd?: (problemCode?: string) => void
}

/**
 * An answer as Server-Sent Events (contract, “SSE of a chat”): pulled by the reader, so a slow one slows the upstream.
 * Not `type: "direct"`, which has no backpressure. A ping goes out after 10 s of silence. What ends the answer from
 * outside reaches the reader without a pull, and a reader that stands still is let go after 30 s.
 */
export function answerResponse(
  reader: Omit<AnswerReader, 'streamId' | 'cut'>,
  options: AnswerResponseOptions = {},
): Response {
  const { pingAfterMs = pingAfterMsDefault, stalledAfterMs = stalledAfterMsDefault, signal, ping = pingFrame } = options
  let lastSentMs = performance.now()
  let phase: 'answering' | 'said' | 'closed' = 'answering'
  let isReading = false
  let patienceMs = stalledAfterMs
  let watching: ReturnType<typeof setInterval> | undefined

  const isClosed = (): boolean => phase === 'closed'
  const finish = (problemCode?: string): void => {
    if (isClosed()) return
    phase = 'closed'
    clearInterval(watching)
    signal?.removeEventListener('abort', leave)
    options.onEnd?.(problemCode)
    reader.leave()
  }
  const leave = (): void => finish(clientLeft.definition.code)

  /** Gives what comes next, and closes once all was given and taken. */
  async function give(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    // Two may want more at once: the reader, and the end of an answer. Giving asks again by itself.
    if (isReading || isClosed()) return
    isReading = true
    const bytes = phase === 'said' ? undefined : await reader.next()
    isReading = false
    if (isClosed()) return
    lastSentMs = performance.now()
    if (bytes) {
      controller.enqueue(bytes)
      if (reader.isAtEnd) phase = 'said'
      return
    }
    finish(reader.problemCode)
    controller.close()
  }

  /** Whoever waits in `pull` hears of the end there; a parked reader, or one that left before the first byte, does not. */
  async function tellEnd(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    await reader.ended
    if (isReading || phase !== 'answering') return
    patienceMs = Math.min(stalledAfterMs, lastWordsMsMax)
    await give(controller)
  }

  /** Lets go of a reader that stands still. */
  function letGo(controller: ReadableStreamDefaultController<Uint8Array>): void {
    leave()
    controller.error(clientLeft({ detail: 'The answer was not read.' }))
    options.disconnect?.()
  }

  function watch(controller: ReadableStreamDefaultController<Uint8Array>): void {
    const silentMs = performance.now() - lastSentMs
    // Whatever is taken makes room, and then more is sent: while there is none, nothing has been taken.
    if ((controller.desiredSize ?? 0) <= 0) {
      if (silentMs >= patienceMs) letGo(controller)
    } else if (silentMs >= pingAfterMs && phase === 'answering') {
      lastSentMs = performance.now()
      controller.enqueue(ping)
    }
  }

  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      if (signal?.aborted) {
        leave()
        return controller.close()
      }
      signal?.addEventListener('abort', leave)
      watching = setInterval(() => watch(controller), Math.min(pingAfterMs, stalledAfterMs) / 10)
      watching.unref()
      void tellEnd(controller)
    },
    pull: give,
    cancel: leave,
  })
  return new Response(body, { headers: { ...sseHeaders, ...options.headers } })
}
