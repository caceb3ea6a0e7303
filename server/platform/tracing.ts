/** What may be said of a span: ids, counts and words of ours. Never a text of a user, an address or a key. */
export type SpanAttributes = Record<string, string | number | boolean>

/** A piece of work under way. */
export interface Span {
  /** Its trace, for the log. */
  readonly traceId: string
  /** Names it anew, once more is known. */
  rename(name: string): void
  set(attributes: SpanAttributes): void
  /** Its work failed; the code is one of docs/errors.md. */
  fail(code: string): void
  /** Further calls do nothing. */
  end(): void
}

/** Makes spans and sends them, in batches and beside the work; a collector that is gone costs nobody anything. */
export interface Tracing {
  /** Begins the span of a request, which what follows in this asynchronous chain belongs to. */
  enterRequest(traceparent: string | null): Span
  /** Begins a span under the given one, by default under the one of the asynchronous chain. */
  begin(name: string, options?: { attributes?: SpanAttributes; under?: Span }): Span
  /** The span of the asynchronous chain. */
  current(): Span | undefined
  /** Sends what is waiting. */
  flush(): Promise<void>
  stop(): Promise<void>
}

/**
 * Traces to an OTLP collector, when there is one: the libraries for it are loaded only then.
 * @param endpoint its base address, `OTEL_EXPORTER_OTLP_ENDPOINT`
 */
export async function openTracing(endpoint: string | undefined): Promise<Tracing | undefined> {
  if (endpoint === undefined) return undefined
  const { createOtlpTracing } = await import('./otlp-tracing.ts')
  return createOtlpTracing(endpoint)
}

/** Runs work in a span of its own, which fails when it throws. */
export async function inSpan<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    span.fail(codeOf(error))
    throw error
  } finally {
    span.end()
  }
}

/** The code of what was thrown; the names of foreign errors are not ours to send. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^[a-z_.]+$/.test(error.code)
    ? error.code
    : 'error'
}
