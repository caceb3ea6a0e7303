const encoder = new TextEncoder()

/** One Server-Sent Event, encoded. `event` must be a plain name; JSON never holds a raw line break, so `data` is safe. */
export function encodeSseFrame(frame: { id?: number; event: string; data: unknown }): Uint8Array<ArrayBuffer> {
  if (/[\r\n]/.test(frame.event)) throw new Error('an event name must not hold a line break')
  const id = frame.id === undefined ? '' : `id: ${frame.id}\n`
  return encoder.encode(`${id}event: ${frame.event}\ndata: ${JSON.stringify(frame.data)}\n\n`)
}

/** The headers of every event stream (contract, “SSE of a chat”). */
export const sseHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
} as const
