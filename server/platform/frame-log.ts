import { formatSseFrame } from './sse.ts'

const encoder = new TextEncoder()
const bytesAtFirst = 1_024
const bytesPerUtf16UnitMax = 3
const lineFeed = 10

/**
 * The frames of one event stream, numbered from 1, as the bytes that go over the wire: whoever reads them later reads
 * the very same. One buffer that doubles, not an object a frame: a thousand streams of a thousand words fit.
 */
export class FrameLog {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(bytesAtFirst)
  #length = 0
  /** Where each frame ends. */
  #ends: number[] = []
  #isEnded = false

  /** How many bytes there are. */
  get length(): number {
    return this.#length
  }

  /** The number of the last frame; 0 before the first. */
  get lastId(): number {
    return this.#ends.length
  }

  /** Nothing follows any more. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Adds an event with the next number. */
  append(event: string, data: unknown): void {
    const text = formatSseFrame({ id: this.lastId + 1, event, data })
    this.#reserve(text.length * bytesPerUtf16UnitMax)
    this.#length += encoder.encodeInto(text, this.#bytes.subarray(this.#length)).written
    this.#ends.push(this.#length)
  }

  /** Adds whole or half frames that another log gave away. */
  appendBytes(bytes: Uint8Array): void {
    this.#reserve(bytes.byteLength)
    this.#bytes.set(bytes, this.#length)
    // An empty line ends a frame, and JSON holds no line break: no other bytes can be one.
    for (let at = Math.max(1, this.#length); at < this.#length + bytes.byteLength; at += 1) {
      if (this.#bytes[at] === lineFeed && this.#bytes[at - 1] === lineFeed) this.#ends.push(at + 1)
    }
    this.#length += bytes.byteLength
  }

  /** Says that nothing follows, and gives back the room that was held for more. */
  end(): void {
    this.#isEnded = true
    this.#bytes = this.#bytes.slice(0, this.#length)
  }

  /** Where the frames behind this number begin; undefined as long as it was not given. */
  offsetAfter(id: number): number | undefined {
    return id === 0 ? 0 : this.#ends[id - 1]
  }

  /** How many bytes whole frames take from such a beginning on: `bytesMax` at most, but one frame at least. */
  wholeFrom(from: number, bytesMax: number): number {
    let end = from
    for (const frameEnd of this.#ends) {
      if (end > from && frameEnd - from > bytesMax) break
      if (frameEnd > from) end = frameEnd
    }
    return end - from
  }

  /** A copy of the bytes from an offset on, `bytesMax` at most. */
  slice(from: number, bytesMax = Number.POSITIVE_INFINITY): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(from, Math.min(this.#length, from + bytesMax))
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#bytes.byteLength) return
    const larger = new Uint8Array(Math.max(needed, this.#bytes.byteLength * 2))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}
