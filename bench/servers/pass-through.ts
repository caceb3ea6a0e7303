// The floor of a streaming proxy: the upstream's bytes by a reader, nothing read, nothing stored.
// `bun pass-through.ts '["http://127.0.0.1:1/v1", …]'`: `POST /<n>` goes to the n-th upstream. Prints its URL.
const upstreams: string[] = JSON.parse(process.argv[2] ?? '[]')

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  idleTimeout: 0,
  development: false,
  async fetch(request) {
    const base = upstreams[Number(new URL(request.url).pathname.slice(1))]
    const upstream = await fetch(`${base}/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer bench', 'content-type': 'application/json', accept: 'text/event-stream' },
      body: await request.text(),
      signal: request.signal,
      decompress: false,
    })
    if (!upstream.body) return new Response(null, { status: 502 })
    const reader = upstream.body.getReader()
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: () => reader.cancel().catch(() => undefined),
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  },
})
process.stdout.write(`http://127.0.0.1:${server.port}\n`)
