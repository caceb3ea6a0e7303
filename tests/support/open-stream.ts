import { type CallOptions, send, type SseEvent, parseFrame } from './call.ts'
import { eventually } from './scenario.ts'

/** A stream that is read as it comes, and may be dropped midway. */
export interface OpenStream {
  readonly streamId: string
  readonly sessionId: string
  readonly messageId: string
  /** What came so far. */
  readonly text: string
  /** The length of the whole frames of it. */
  readonly completeLength: number
  /** The number of the last whole frame that has one. */
  readonly lastId: number
  /** Waits for something to come. */
  until(check: (text: string) => boolean): Promise<void>
  /** Reads to its end. */
  read(): Promise<OpenStream>
  /** The whole frames so far. */
  events(): SseEvent[]
  /** Closes the connection. */
  drop(): void
}

/** Opens a stream and waits for its first event. */
export async function openStream(base: { url: string }, route: string, options: CallOptions): Promise<OpenStream> {
  const controller = new AbortController()
  const response = await send(base, route, { ...options, signal: controller.signal })
  if (response.status !== 200) throw new Error(`${route} answered ${response.status}: ${await response.text()}`)
  let text = ''
  const decoder = new TextDecoder()
  const reading = (async () => {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true })
  })()
  // Whether it was dropped is the caller's doing.
  reading.catch(() => undefined)
  const events = (): SseEvent[] => text.split('\n\n').slice(0, -1).map(parseFrame)
  const find = (): SseEvent['data'] => events().find(({ event }) => event === 'start')?.data
  await eventually(find)
  const stream: OpenStream = {
    streamId: find().stream_id,
    sessionId: find().session_id,
    messageId: find().message_id,
    get text() {
      return text
    },
    get completeLength() {
      return text.lastIndexOf('\n\n') + 2
    },
    get lastId() {
      return Number(events().findLast(({ id }) => id !== undefined)?.id ?? 0)
    },
    until: async (check) => {
      await eventually(() => check(text), 20_000)
    },
    async read() {
      await reading
      return stream
    },
    events,
    drop: () => controller.abort(),
  }
  return stream
}
