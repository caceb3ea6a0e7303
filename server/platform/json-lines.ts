import { createGunzip } from 'node:zlib'
import { Readable } from 'node:stream'

/** A line is longer than anybody may send. */
export class LineTooLongError extends Error {}

/**
 * Reads gzipped lines of UTF-8, one at a time, whatever their number. Throws what gunzip throws for broken data, and
 * `LineTooLongError`.
 */
export async function* readGzippedLines(
  body: AsyncIterable<Uint8Array>,
  options: { lineBytesMax: number },
): AsyncGenerator<string> {
  const source = Readable.from(body)
  const gunzip = createGunzip()
  // An error of the source must end the reader, too; `pipe` alone leaves it waiting.
  source.on('error', (error) => gunzip.destroy(error))
  source.pipe(gunzip)
  let parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of gunzip) {
      let rest: Buffer = Buffer.from(chunk)
      for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
        parts.push(rest.subarray(0, end))
        yield Buffer.concat(parts).toString('utf8')
        parts = []
        bytes = 0
        rest = rest.subarray(end + 1)
      }
      bytes += rest.length
      if (bytes > options.lineBytesMax) throw new LineTooLongError(`a line has more than ${options.lineBytesMax} bytes`)
      if (rest.length > 0) parts.push(rest)
    }
    if (bytes > 0) yield Buffer.concat(parts).toString('utf8')
  } finally {
    source.destroy()
    gunzip.destroy()
  }
}
