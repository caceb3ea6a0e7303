const encoder = new TextEncoder()
const bytesAtFirst = 512
const framesAtFirst = 32
const bytesPerUtf16UnitMax = 3
const lineFeed = 10
const framePattern = /^id: \d+\nevent: ([^\n]+)\ndata: ([^\n]*)$/

/** Some frames of a log, as the bytes that go over the wire. */
export interface Frames {
  bytes: Uint8Array<ArrayBuffer>
  /** The number of the last of them. */
  lastId: number
}

/**
 * The frames of one event stream, numbered from 1. Whoever reads them later reads the very same bytes. Kept is only what
 * cannot be made again: the data of each, one behind the other in one buffer, so that a thousand streams of thousands of
 * words fit.
 */
export class FrameLog {
  #data: Uint8Array<ArrayBuffer> = new Uint8Array(bytesAtFirst)
  #length = 0
  #count = 0
  /** Where the data of each frame ends. */
  #ends = new Uint32Array(framesAtFirst)
  /** Which of the names each has. */
  #events = new Uint8Array(framesAtFirst)
  readonly #names: string[] = []
  /** The data of the last frame as it came: it is read at once, as a rule, and alone. */
  #lastData = ''
  #isEnded = false

  /** About how many bytes it takes. */
  get size(): number {
    return this.#data.byteLength + this.#ends.byteLength + this.#events.byteLength
  }

  /** The number of the last frame; 0 before the first. */
  get lastId(): number {
    return this.#count
  }

  /** Nothing follows any more. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Adds an event with the next number. Its name must be a plain one, of at most 255 different ones. */
  append(event: string, data: unknown): void {
    this.#add(event, JSON.stringify(data))
  }

  /** Adds frames that another log gave. */
  appendFrames(text: string): void {
    for (const frame of text.split('\n\n').slice(0, -1)) {
      const [, event, data] = framePattern.exec(frame) ?? []
      if (event === undefined || data === undefined) throw new Error('these are not the frames of a log')
      this.#add(event, data)
    }
  }

  /** Says that nothing follows, and gives back the room that was held for more. */
  end(): void {
    this.#isEnded = true
    this.#lastData = ''
    this.#data = this.#data.slice(0, this.#length)
    this.#ends = this.#ends.slice(0, this.#count)
    this.#events = this.#events.slice(0, this.#count)
  }

  /** The frames behind a number, about `bytesMax` of them, but one at least; undefined when there is none. */
  read(afterId: number, bytesMax = Number.POSITIVE_INFINITY): Frames | undefined {
    if (afterId >= this.#count) return undefined
    if (afterId === this.#count - 1 && !this.#isEnded) {
      return { bytes: encoder.encode(`${this.#headOf(this.#count)}${this.#lastData}\n\n`), lastId: this.#count }
    }
    const heads: Uint8Array[] = []
    let length = 0
    let lastId = afterId
    while (lastId < this.#count && length < bytesMax) {
      lastId += 1
      const head = encoder.encode(this.#headOf(lastId))
      heads.push(head)
      length += head.byteLength + this.#endOf(lastId) - this.#endOf(lastId - 1) + 2
    }
    const bytes = new Uint8Array(length)
    let at = 0
    for (const [index, head] of heads.entries()) {
      const id = afterId + 1 + index
      bytes.set(head, at)
      at += head.byteLength
      const data = this.#data.subarray(this.#endOf(id - 1), this.#endOf(id))
      bytes.set(data, at)
      at += data.byteLength
      bytes[at++] = lineFeed
      bytes[at++] = lineFeed
    }
    return { bytes, lastId }
  }

  #add(event: string, data: string): void {
    if (/[\r\n]/.test(event)) throw new Error('an event name must not hold a line break')
    this.#makeRoom(data.length * bytesPerUtf16UnitMax)
    this.#length += encoder.encodeInto(data, this.#data.subarray(this.#length)).written
    let name = this.#names.indexOf(event)
    if (name < 0) name = this.#names.push(event) - 1
    this.#ends[this.#count] = this.#length
    this.#events[this.#count] = name
    this.#count += 1
    this.#lastData = data
  }

  #headOf(id: number): string {
    const name = this.#names[this.#events[id - 1] ?? 0] ?? ''
    return `id: ${id}\nevent: ${name}\ndata: `
  }

  #endOf(id: number): number {
    return id === 0 ? 0 : (this.#ends[id - 1] ?? 0)
  }

  #makeRoom(bytes: number): void {
    this.#data = grown(this.#data, this.#length + bytes)
    this.#ends = grown(this.#ends, this.#count + 1)
    this.#events = grown(this.#events, this.#count + 1)
  }
}

/** The same array, or a larger copy that has room for so many elements; half as large again, so that copies are few. */
function grown<A extends Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(array: A, needed: number): A
function grown(
  array: Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
  needed: number,
): Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer> {
  if (needed <= array.length) return array
  const length = Math.max(needed, Math.ceil(array.length * 1.5))
  const larger = array instanceof Uint8Array ? new Uint8Array(length) : new Uint32Array(length)
  larger.set(array)
  return larger
}
