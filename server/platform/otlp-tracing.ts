import { AsyncLocalStorage } from 'node:async_hooks'
import {
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span as OtelSpan,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { Span, Tracing } from './tracing.ts'
import { version } from './version.ts'

const stopMsMax = 2_000

/**
 * Traces by OpenTelemetry's own SDK, as OTLP over HTTP with JSON. Sampling and the exporter's headers are its own
 * variables (`OTEL_TRACES_SAMPLER`, `OTEL_EXPORTER_OTLP_HEADERS` …). No instrumentation is loaded: @elysiajs/opentelemetry
 * would put bodies and headers into attributes.
 */
export function createOtlpTracing(endpoint: string): Tracing {
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces` })
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'tenantry', 'service.version': version }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  })
  const tracer = provider.getTracer('tenantry', version)
  const chain = new AsyncLocalStorage<Span>()
  const known = new WeakMap<Span, OtelSpan>()

  function wrap(span: OtelSpan): Span {
    let isOpen = true
    const made: Span = {
      traceId: span.spanContext().traceId,
      rename: (name) => void span.updateName(name),
      set: (attributes) => void span.setAttributes(attributes),
      fail(code) {
        span.setAttribute('error.type', code)
        span.setStatus({ code: SpanStatusCode.ERROR })
      },
      end() {
        if (isOpen) span.end()
        isOpen = false
      },
    }
    known.set(made, span)
    return made
  }

  function begin(name: string, options: Parameters<Tracing['begin']>[1] = {}): Span {
    const under = options.under ?? chain.getStore()
    const parent = under && known.get(under)
    const context = parent ? trace.setSpan(ROOT_CONTEXT, parent) : ROOT_CONTEXT
    return wrap(tracer.startSpan(name, { attributes: options.attributes }, context))
  }

  return {
    enterRequest(traceparent) {
      const remote = parseTraceparent(traceparent)
      const context = remote ? trace.setSpanContext(ROOT_CONTEXT, remote) : ROOT_CONTEXT
      const span = wrap(tracer.startSpan('request', { kind: SpanKind.SERVER }, context))
      chain.enterWith(span)
      return span
    },
    begin,
    current: () => chain.getStore(),
    flush: () => provider.forceFlush(),
    async stop() {
      // A collector that is gone must not hold up the end of the process.
      await Promise.race([provider.shutdown().catch(() => undefined), Bun.sleep(stopMsMax)])
    },
  }
}

/** W3C Trace Context, version 00; whatever is none begins a trace of its own. */
function parseTraceparent(header: string | null): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(header ?? '') ?? []
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags || '0', 16), isRemote: true }
  return isSpanContextValid(context) ? context : undefined
}
