import { AppError } from '../platform/errors.ts'
import type { ModelEvent, ModelStream } from './language-model.ts'
import { makeModelFailure } from './model-errors.ts'
import { SseScanner } from './sse-scanner.ts'
import type { StreamWatch } from './stream-watch.ts'

/** How long the usage frame may follow the finish. */
const usageGraceMs = 2_000
/** How long an ended answer may take to close, so that its connection can be used again. */
const drainMs = 1_000

const failureReasons = { malformed: 'malformed', too_large: 'too_large', error_frame: 'provider_failing' } as const

/** The answer of one `POST /chat/completions`, read chunk by chunk; see `ModelStream` for what callers may rely on. */
export class ChatCompletionStream implements ModelStream {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>
  readonly #controller: AbortController
  readonly #watch: StreamWatch
  readonly #release: () => void
  readonly #scanner = new SseScanner()
  #hasToken = false
  #hasEnded = false
  #graceTimer: ReturnType<typeof setTimeout> | undefined
  #failure: unknown
  #isClosed = false
  #isGraceOver = false

  constructor(options: {
    body: ReadableStream<Uint8Array<ArrayBuffer>>
    /** Aborting it closes the upstream connection; its reason is what `read` rejects with. */
    controller: AbortController
    watch: StreamWatch
    /** Stops the watch and forgets the caller's signal. */
    release: () => void
  }) {
    this.#reader = options.body.getReader()
    this.#controller = options.controller
    this.#watch = options.watch
    this.#release = options.release
  }

  // One async function and one clock reading per chunk: this is the hot path of a chat.
  async read(): Promise<ModelEvent> {
    if (this.#failure !== undefined) throw this.#failure
    const scanner = this.#scanner
    let isWaiting = false
    for (;;) {
      const text = scanner.takeText()
      if (text !== '') {
        if (isWaiting) this.#watch.stopWaiting()
        return { type: 'text', text }
      }
      this.#requireSound()
      const { finishReason } = scanner
      if (finishReason !== null) {
        if (scanner.usage !== null || scanner.isDone || this.#hasEnded) return this.#end(finishReason)
        this.#graceTimer ??= setTimeout(() => this.#endGrace(), usageGraceMs)
      }
      const linesBefore = scanner.lines
      if (!isWaiting) this.#watch.wait()
      isWaiting = true
      try {
        const { done, value } = await this.#reader.read()
        if (done) this.#finish()
        else scanner.push(value)
      } catch (error) {
        this.#settleInterruption(error)
      }
      if (!this.#hasToken && scanner.hasToken) {
        this.#hasToken = true
        this.#watch.noteFirstToken()
      } else if (!scanner.hasText && scanner.lines > linesBefore) this.#watch.noteProgress()
    }
  }

  get unsaidBytes(): number {
    return this.#scanner.reasoningBytes
  }

  close(): void {
    if (this.#isClosed) return
    this.#settle(new DOMException('The stream was closed', 'AbortError'))
    this.#hangUp()
  }

  /** Throws what the scanner or the end of the body showed. */
  #requireSound(): void {
    const { failure, finishReason, isDone, frames } = this.#scanner
    if (failure !== null) throw this.#fail(makeModelFailure(failureReasons[failure]))
    if (finishReason === null && (isDone || this.#hasEnded)) {
      throw this.#fail(makeModelFailure(frames === 0 ? 'malformed' : 'cut'))
    }
  }

  #finish(): void {
    // An abort may also show itself as a clean end.
    this.#controller.signal.throwIfAborted()
    this.#hasEnded = true
    this.#scanner.finish()
  }

  /** Once the finish is known only the usage can be missing, and that is allowed to be; a caller who left is told so. */
  #settleInterruption(error: unknown): void {
    const { signal } = this.#controller
    const hasCallerLeft = signal.aborted && !this.#isGraceOver && !(signal.reason instanceof AppError)
    if (this.#scanner.finishReason === null || hasCallerLeft) throw this.#fail(error)
    this.#hasEnded = true
  }

  #endGrace(): void {
    this.#isGraceOver = true
    this.#controller.abort()
  }

  #end(finishReason: string): ModelEvent {
    const { usage } = this.#scanner
    this.#settle(new Error('the stream was read after its end'))
    if (!this.#hasEnded) void this.#drain()
    return { type: 'end', finishReason, usage }
  }

  #fail(error: unknown): unknown {
    if (this.#isClosed) return this.#failure
    const { signal } = this.#controller
    // A deadline or the caller's abort shows itself as whatever the read threw; its reason is what happened.
    const failure: unknown = signal.aborted
      ? signal.reason
      : error instanceof AppError
        ? error
        : makeModelFailure('cut', { cause: error })
    this.#settle(failure)
    this.#hangUp()
    return failure
  }

  #settle(failure: unknown): void {
    this.#isClosed = true
    this.#failure = failure
    clearTimeout(this.#graceTimer)
    this.#release()
  }

  #hangUp(): void {
    this.#controller.abort()
    // Rejects when the connection is already gone; unhandled, that would end the process.
    this.#reader.cancel().catch(() => undefined)
  }

  async #drain(): Promise<void> {
    const timer = setTimeout(() => this.#controller.abort(), drainMs)
    try {
      while (!(await this.#reader.read()).done);
    } catch {
      // The answer is complete; how its connection ends is of no consequence.
    } finally {
      clearTimeout(timer)
    }
  }
}
