/** One event of a `text/event-stream`: its name, its data lines joined, and the id it carried, if any. */
export interface ServerSentEvent {
  event: string
  data: string
  id: string | undefined
}

const eventCharactersMax = 4_000_000

/**
 * Reads a `text/event-stream` body (WHATWG HTML §9.2) as it arrives. Chunks may break anywhere, also inside a letter or
 * between CR and LF. An event cut off by the end of the stream is dropped, as the standard says. Leaving the loop
 * cancels the body. Rejects when one event grows beyond four million characters.
 */
export async function* readEventStream(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  let pending = createEvent()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true })
      if (rest.length > eventCharactersMax) throw new Error('An event of the stream is too large.')
      // A CR at the end may be half of a CRLF: it waits for the next chunk.
      const lines = rest.split(/\r\n|\n|\r(?!$)/)
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (line !== '') {
          readLine(pending, line)
          continue
        }
        if (pending.lines.length > 0) yield finishEvent(pending)
        pending = createEvent()
      }
      if (done) return
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

interface PendingEvent {
  event: string
  id: string | undefined
  lines: string[]
}

function createEvent(): PendingEvent {
  return { event: 'message', id: undefined, lines: [] }
}

function finishEvent({ event, id, lines }: PendingEvent): ServerSentEvent {
  return { event, id, data: lines.join('\n') }
}

function readLine(pending: PendingEvent, line: string): void {
  const colon = line.indexOf(':')
  if (colon === 0) return
  const name = colon === -1 ? line : line.slice(0, colon)
  const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
  if (name === 'data') pending.lines.push(value)
  else if (name === 'event') pending.event = value
  else if (name === 'id') pending.id = value
}
