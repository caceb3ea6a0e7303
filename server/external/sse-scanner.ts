import type { ModelUsage } from './language-model.ts'
import { type FrameTemplate, learnTemplate, matchFrame, readFrame } from './sse-frame.ts'

/** Why the bytes are no answer. */
export type ScanFailure = 'malformed' | 'too_large' | 'error_frame'

/** Bounds of a scan (guarantee C5). */
export interface ScanLimits {
  /** Of one line, and of the lines of one event together. */
  lineCharactersMax: number
  totalBytesMax: number
}

const defaultLimits: ScanLimits = { lineCharactersMax: 256 * 1024, totalBytesMax: 64 * 1024 * 1024 }
const streaming = { stream: true }
/** A stream whose frames differ beyond their text (a new id each) would be learnt in vain for ever. */
const lessonsMax = 6

/**
 * Scans the bytes of a chat completion stream (WHATWG server-sent events, OpenAI's chunk objects). The frame that a
 * provider repeats is learnt from one JSON.parse and then matched as text; everything else goes through JSON.parse.
 * Give it every chunk by `push`, then `finish`; look at the fields after each.
 */
export class SseScanner {
  finishReason: string | null = null
  usage: ModelUsage | null = null
  /** `[DONE]` was seen. */
  isDone = false
  failure: ScanFailure | null = null
  /** Some text or reasoning was seen. */
  hasToken = false
  /** Complete lines so far: progress, for the idle deadline. */
  lines = 0
  /** How much was thought aloud, in bytes. */
  reasoningBytes = 0
  /** Chunk objects so far. */
  frames = 0

  readonly #limits: ScanLimits
  readonly #decoder = new TextDecoder()
  #text = ''
  #bytes = 0
  #carried: string[] = []
  #carriedLength = 0
  #data: string | undefined
  #eventName = ''
  #firstLine = ''
  #template: FrameTemplate | undefined
  #lessonsLeft = lessonsMax
  #matchedSinceLesson = 0

  constructor(limits: Partial<ScanLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits }
  }

  /** Whether `takeText` has something to give. */
  get hasText(): boolean {
    return this.#text !== ''
  }

  /** Everything said since the last call, as one text; empty when nothing was. */
  takeText(): string {
    const text = this.#text
    this.#text = ''
    return text
  }

  /** Scans one chunk, cut anywhere. Does nothing after a failure. */
  push(bytes: Uint8Array): void {
    if (this.failure !== null) return
    this.#bytes += bytes.byteLength
    if (this.#bytes > this.#limits.totalBytesMax) this.failure = 'too_large'
    else this.#scan(this.#decoder.decode(bytes, streaming))
  }

  /** The upstream has ended: an event without its empty line still counts. */
  finish(): void {
    if (this.failure !== null) return
    this.#scan(this.#decoder.decode())
    if (this.#carriedLength > 0) this.#handleLine(this.#takeCarried(''))
    this.#dispatch('')
    // Half a frame at the end is a cut, which the missing finish_reason tells; it is not a provider's nonsense.
    if (this.failure === 'malformed') this.failure = null
  }

  #scan(text: string): void {
    let at = 0
    if (this.#carriedLength > 0) {
      const end = text.indexOf('\n')
      if (end < 0) return this.#carry(text)
      at = end + 1
      this.#handleLine(this.#takeCarried(text.slice(0, end)))
    }
    while (at < text.length && this.failure === null) {
      if (this.#template !== undefined && this.#data === undefined && this.#eventName === '') {
        const match = matchFrame(this.#template, text, at)
        if (match !== undefined && match.end - at <= this.#limits.lineCharactersMax) {
          at = match.end
          this.frames += 1
          this.lines += 1
          this.#matchedSinceLesson += 1
          if (match.content !== '') {
            this.#text += match.content
            this.hasToken = true
          }
          continue
        }
      }
      const end = text.indexOf('\n', at)
      if (end < 0) return this.#carry(text.slice(at))
      this.#handleLine(text.slice(at, end))
      at = end + 1
    }
  }

  #carry(text: string): void {
    if (text === '') return
    this.#carried.push(text)
    this.#carriedLength += text.length
    if (this.#carriedLength > this.#limits.lineCharactersMax) this.failure = 'too_large'
  }

  #takeCarried(rest: string): string {
    const line = this.#carried.length === 1 ? `${this.#carried[0]}${rest}` : this.#carried.join('') + rest
    this.#carried = []
    this.#carriedLength = 0
    return line
  }

  #handleLine(line: string): void {
    this.lines += 1
    if (line === '') return this.#dispatch('\n')
    if (line === '\r') return this.#dispatch('\r\n')
    if (line.length > this.#limits.lineCharactersMax) {
      this.failure = 'too_large'
      return
    }
    const bare = line.endsWith('\r') ? line.slice(0, -1) : line
    if (bare.startsWith('data:')) {
      const value = bare.slice(bare.charCodeAt(5) === 32 ? 6 : 5)
      if (this.#data === undefined) {
        this.#data = value
        this.#firstLine = line
      } else {
        this.#data = `${this.#data}\n${value}`
        // Several lines make one event: too rare to be matched as text.
        this.#firstLine = ''
        if (this.#data.length > this.#limits.lineCharactersMax) this.failure = 'too_large'
      }
    } else if (bare.startsWith('event:')) this.#eventName = bare.slice(6).trim()
  }

  #dispatch(lineEnd: string): void {
    const data = this.#data
    const isError = this.#eventName === 'error'
    this.#data = undefined
    this.#eventName = ''
    if (data === undefined) return
    if (isError) {
      this.failure = 'error_frame'
      return
    }
    if (data.trim() === '[DONE]') {
      this.isDone = true
      return
    }
    const frame = readFrame(data)
    if (frame === undefined || frame.isError) {
      this.failure = frame === undefined ? 'malformed' : 'error_frame'
      return
    }
    this.frames += 1
    this.#text += frame.text
    this.reasoningBytes += Buffer.byteLength(frame.reasoning)
    if (frame.text !== '' || frame.reasoning !== '') this.hasToken = true
    if (frame.finishReason !== null) this.finishReason = frame.finishReason
    if (frame.usage !== null) this.usage = frame.usage
    if (frame.text !== '') this.#learn(lineEnd)
  }

  #learn(lineEnd: string): void {
    // A lesson that served well has earned the next one, such as when a stream's timestamp moves on.
    if (this.#matchedSinceLesson >= 16) this.#lessonsLeft = lessonsMax
    if (this.#lessonsLeft === 0 || this.#firstLine === '' || lineEnd === '') return
    this.#lessonsLeft -= 1
    this.#matchedSinceLesson = 0
    this.#template = learnTemplate(this.#firstLine, lineEnd)
  }
}
