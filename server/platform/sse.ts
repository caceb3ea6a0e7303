const encoder = new TextEncoder()

/** One Server-Sent Event as text. `event` must be a plain name; JSON never holds a raw line break, so `data` is safe. */
export function formatSseFrame(frame: { id?: number; event: string; data: unknown }): string {
  if (/[\r\n]/.test(frame.event)) throw new Error('an event name must not hold a line break')
  const id = frame.id === undefined ? '' : `id: ${frame.id}\n`
  return `${id}event: ${frame.event}\ndata: ${JSON.stringify(frame.data)}\n\n`
}

/** The same, encoded. */
export function encodeSseFrame(frame: { id?: number; event: string; data: unknown }): Uint8Array<ArrayBuffer> {
  return encoder.encode(formatSseFrame(frame))
}

/** The headers of every event stream (contract, “SSE of a chat”). */
export const sseHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
} as const
