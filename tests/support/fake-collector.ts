/** A span as a collector gets it. */
export interface CollectedSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  attributes: Record<string, unknown>
  failed: boolean
}

/** A collector of traces (OTLP over HTTP with JSON) on a free loopback port. */
export interface FakeCollector {
  /** The base address, for `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  url: string
  spans: CollectedSpan[]
  /** Everything it was sent, headers included. */
  received: string[]
  stop(): Promise<void>
}

interface SentSpan extends Omit<CollectedSpan, 'attributes' | 'failed'> {
  attributes: { key: string; value: Record<string, unknown> }[]
  status: { code: number }
}

interface SentTraces {
  resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[]
}

/** Starts the fake. */
export function startFakeCollector(): FakeCollector {
  const spans: CollectedSpan[] = []
  const received: string[] = []
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const text = await request.text()
      received.push(`${request.method} ${request.url} ${JSON.stringify([...request.headers])} ${text}`)
      const { resourceSpans }: SentTraces = JSON.parse(text)
      for (const sent of resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans))) {
        spans.push({
          ...sent,
          attributes: Object.fromEntries(sent.attributes.map(({ key, value }) => [key, Object.values(value)[0]])),
          failed: sent.status.code === 2,
        })
      }
      return Response.json({})
    },
  })
  return { url: `http://127.0.0.1:${server.port}`, spans, received, stop: () => server.stop(true) }
}
