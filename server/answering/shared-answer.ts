import { clientLeft } from '../platform/errors.ts'
import { FrameLog } from '../platform/frame-log.ts'
import type { Log } from '../platform/log.ts'
import { type AnswerReader, type Problem, readersMax, readLog, type WakeableReader } from './answer-reader.ts'
import type { AnswerEvent, AnswerStream } from './answer-stream.ts'

/** One answer that several may read, from any of its frames on, at once or one after the other. */
export interface SharedAnswer {
  readonly streamId: string
  /** Its frames so far; they stay after its end. */
  readonly frames: FrameLog
  /** Reads behind a frame; 0 for everything. */
  read(afterId: number): AnswerReader
}

/** What a shared answer is made of. */
export interface SharedAnswerParts {
  stream: AnswerStream
  /** How long the answer goes on when nobody reads it, in case its reader comes back. */
  graceMs: number
  /** Whatever was thrown as the problem that is sent. */
  describeFailure: (thrown: unknown) => Problem
  /** Does somebody read it on another replica? Asked before it is given up. */
  isReadElsewhere?: () => Promise<boolean>
  /** There are more frames, or it has ended; `isAlone` when nobody here reads them. */
  onGrowth?: (frames: FrameLog, isAlone: boolean) => void
  log: Log
}

/**
 * Makes an answer readable by many. Frames are asked for by whoever reads them, so that slow readers slow the upstream;
 * while nobody reads they come by themselves. An answer that nobody came back to is left: its upstream call is ended,
 * and its last frame is the `error` event of that.
 */
export function shareAnswer(parts: SharedAnswerParts): SharedAnswer {
  // None of what follows may mention `parts`, which holds the stream for as long as its frames are kept.
  const { graceMs, describeFailure, isReadElsewhere, onGrowth, log } = parts
  const { streamId, settled } = parts.stream
  const frames = new FrameLog()
  const readers = new Set<WakeableReader>()
  let stepping: Promise<void> | undefined
  let problemCode: string | undefined
  let isPumping = false
  let leaving: ReturnType<typeof setTimeout> | undefined
  // What an answer holds (the prompt among it) must not outlive it, but its frames do.
  let stream: AnswerStream | undefined = parts.stream

  function step(): Promise<void> {
    if (!stream) return Promise.resolve()
    stepping ??= takeNext(stream)
    return stepping
  }

  // One async function per chunk: this is the hot path of a chat.
  async function takeNext(from: AnswerStream): Promise<void> {
    try {
      const events = await from.next()
      for (const event of events ?? []) add(event)
      if (!events) fail(clientLeft({ detail: 'Nobody read the answer any more.' }))
      else if (isLast(events.at(-1))) end()
    } catch (error) {
      if (!leaving) log.error({ err: error, stream_id: streamId }, 'an answer failed')
      fail(error)
    } finally {
      stepping = undefined
    }
    onGrowth?.(frames, readers.size === 0)
    for (const reader of readers) reader.wake()
    if (!stream) readers.clear()
  }

  function add(event: AnswerEvent): void {
    if (event.event === 'error') addProblem(event.data)
    else frames.append(event.event, event.data)
  }

  function addProblem(thrown: unknown): void {
    const problem = describeFailure(thrown)
    problemCode = problem.code
    frames.append('error', problem)
  }

  function fail(thrown: unknown): void {
    addProblem(thrown)
    end()
  }

  function end(): void {
    clearTimeout(leaving)
    stream = undefined
    frames.end()
    for (const reader of readers) reader.end()
  }

  /** Goes on without a reader. */
  async function pump(): Promise<void> {
    if (isPumping) return
    isPumping = true
    while (readers.size === 0 && !frames.isEnded) {
      await step()
      // A reader sets the pace by its socket; here nothing else would let others go before.
      await new Promise((resolve) => setImmediate(resolve))
    }
    isPumping = false
  }

  function waitForReader(): void {
    // Whoever never learnt the stream's id cannot come back to it.
    if (frames.lastId === 0) return abandon()
    clearTimeout(leaving)
    leaving = setTimeout(() => void giveUp(), graceMs)
    leaving.unref()
    void pump()
    onGrowth?.(frames, true)
  }

  async function giveUp(): Promise<void> {
    const isRead = await isReadElsewhere?.().catch(() => false)
    if (readers.size > 0 || !stream) return
    if (isRead) waitForReader()
    else abandon()
  }

  function abandon(): void {
    stream?.leave().catch((err: unknown) => {
      log.error({ err, stream_id: streamId }, 'an answer could not be stored')
    })
    void step()
  }

  /** What ends an answer from outside, such as a suspended tenant, does not wait for somebody to read. */
  async function takeRestWhenSettled(): Promise<void> {
    await settled
    while (!frames.isEnded) await step()
  }
  void takeRestWhenSettled()

  return {
    streamId,
    frames,
    read(afterId) {
      clearTimeout(leaving)
      const reader = readLog({
        streamId,
        log: frames,
        afterId,
        demand: () => void step(),
        problemCode: () => problemCode,
        onLeave() {
          readers.delete(reader)
          if (readers.size === 0 && stream) waitForReader()
        },
      })
      if (stream) readers.add(reader)
      if (readers.size > readersMax) [...readers][0]?.leave()
      return reader
    },
  }
}

function isLast(event: AnswerEvent | undefined): boolean {
  return event?.event === 'done' || event?.event === 'error'
}
