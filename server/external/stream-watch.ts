import type { Clock } from '../platform/clock.ts'
import type { ModelDeadlines } from './language-model.ts'
import type { ModelDeadline } from './model-errors.ts'

/** How often a deadline is looked at again while nobody waits for the stream. */
const unwatchedMs = 1_000

/**
 * The deadlines of one stream on a single timer that is moved only when it fires: progress is two number stores, not a
 * timer per read. Time counts only while somebody waits (`wait` … `stopWaiting`), except for the total: a slow reader
 * of ours is not a slow provider.
 */
export class StreamWatch {
  readonly #clock: Clock
  readonly #deadlines: ModelDeadlines
  readonly #onExpired: (deadline: ModelDeadline) => void
  readonly #startedMs: number
  #progressMs: number
  #waiting = true
  #hasToken = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: { clock: Clock; deadlines: ModelDeadlines; onExpired: (deadline: ModelDeadline) => void }) {
    this.#clock = options.clock
    this.#deadlines = options.deadlines
    this.#onExpired = options.onExpired
    this.#startedMs = options.clock.monotonicMs()
    this.#progressMs = this.#startedMs
    this.#arm(this.#startedMs)
  }

  /** Somebody begins to wait for the provider. */
  wait(): void {
    this.#waiting = true
    this.#progressMs = this.#clock.monotonicMs()
  }

  /** The provider sent at least one whole line, though none that ends the wait. */
  noteProgress(): void {
    this.#progressMs = this.#clock.monotonicMs()
  }

  /** Nobody waits any more. */
  stopWaiting(): void {
    this.#waiting = false
  }

  /** The first token is here: from now on the idle deadline counts instead. */
  noteFirstToken(): void {
    this.#hasToken = true
    const nowMs = this.#clock.monotonicMs()
    this.#progressMs = nowMs
    // The one time the timer may stand later than the next deadline.
    this.#arm(nowMs)
  }

  /** Ends the watch. Idempotent. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #arm(nowMs: number): void {
    clearTimeout(this.#timer)
    const { dueMs } = this.#next(nowMs)
    this.#timer = setTimeout(() => this.#fire(), Math.max(1, Math.ceil(dueMs - nowMs)))
  }

  #fire(): void {
    const nowMs = this.#clock.monotonicMs()
    const { dueMs, deadline } = this.#next(nowMs)
    if (nowMs < dueMs || deadline === undefined) return this.#arm(nowMs)
    this.stop()
    this.#onExpired(deadline)
  }

  #next(nowMs: number): { dueMs: number; deadline: ModelDeadline | undefined } {
    const { firstTokenMs, idleMs, totalMs } = this.#deadlines
    const totalDueMs = this.#startedMs + totalMs
    let dueMs = nowMs + Math.min(unwatchedMs, idleMs)
    let deadline: ModelDeadline | undefined
    if (this.#waiting) {
      deadline = this.#hasToken ? 'idle' : 'first_token'
      dueMs = this.#hasToken ? this.#progressMs + idleMs : this.#startedMs + firstTokenMs
    }
    return dueMs < totalDueMs ? { dueMs, deadline } : { dueMs: totalDueMs, deadline: 'total' }
  }
}
