import type { StoredSource } from '../data/tenant.schema.ts'

/** An answer as far as its frames tell it. */
export interface HalfAnswer {
  /** Null when it belongs to no conversation. */
  sessionId: string | null
  messageId: string
  text: string
  /** Null when there was no search. */
  sources: StoredSource[] | null
}

/** Reads the frames of an answer's stream as this server writes them; undefined before its first event. */
export function readHalfAnswer(frames: string): HalfAnswer | undefined {
  let answer: HalfAnswer | undefined
  for (const frame of frames.split('\n\n').slice(0, -1)) {
    const event = fieldOf(frame, 'event')
    const data: unknown = JSON.parse(fieldOf(frame, 'data') ?? 'null')
    if (event === 'start') answer = readStart(data)
    if (!answer) continue
    if (event === 'sources') answer.sources = readSources(data)
    if (event === 'delta') answer.text += textOf(data, 'text') ?? ''
  }
  return answer
}

function readStart(data: unknown): HalfAnswer | undefined {
  const messageId = textOf(data, 'message_id')
  if (messageId === undefined) return undefined
  return { sessionId: textOf(data, 'session_id') ?? null, messageId, text: '', sources: null }
}

function readSources(data: unknown): StoredSource[] | null {
  const sources = valueOf(data, 'sources')
  return Array.isArray(sources) ? sources.filter(isSource) : null
}

function isSource(value: unknown): value is StoredSource {
  return (
    typeof valueOf(value, 'n') === 'number' &&
    ['chunk_id', 'excerpt'].every((name) => textOf(value, name) !== undefined)
  )
}

function textOf(value: unknown, name: string): string | undefined {
  const found = valueOf(value, name)
  return typeof found === 'string' ? found : undefined
}

function valueOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function fieldOf(frame: string, name: string): string | undefined {
  return frame
    .split('\n')
    .find((line) => line.startsWith(`${name}: `))
    ?.slice(name.length + 2)
}
