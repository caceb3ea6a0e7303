/** What the list of a zip archive's entries says. */
export type ZipVerdict = 'fine' | 'bomb' | 'broken' | 'no document'

const endBytesMax = 22 + 65_535
const directoryBytesMax = 8 * 1024 * 1024
const entriesMax = 10_000
const unpackedBytesMax = 200 * 1024 * 1024
const endSignature = 0x06054b50
const entrySignature = 0x02014b50
const mainPart = 'word/document.xml'

/**
 * Reads an archive's list of entries, nothing else: a Word document has its main part, few entries and a sane size
 * unpacked. An archive may lie about sizes; what it really unpacks to is bounded where it is read.
 */
export async function inspectZip(file: Blob): Promise<ZipVerdict> {
  const tail = Buffer.from(await file.slice(Math.max(0, file.size - endBytesMax)).arrayBuffer())
  const endAt = tail.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'))
  if (endAt < 0 || endAt + 22 > tail.length || tail.readUInt32LE(endAt) !== endSignature) return 'broken'
  const entries = tail.readUInt16LE(endAt + 10)
  const directoryBytes = tail.readUInt32LE(endAt + 12)
  const directoryAt = tail.readUInt32LE(endAt + 16)
  if (entries > entriesMax || directoryBytes > directoryBytesMax) return 'bomb'
  const directory = Buffer.from(await file.slice(directoryAt, directoryAt + directoryBytes).arrayBuffer())
  return inspectDirectory(directory, entries)
}

function inspectDirectory(directory: Buffer, entries: number): ZipVerdict {
  let unpacked = 0
  let hasMainPart = false
  let at = 0
  for (let entry = 0; entry < entries; entry += 1) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== entrySignature) return 'broken'
    unpacked += directory.readUInt32LE(at + 24)
    const nameLength = directory.readUInt16LE(at + 28)
    hasMainPart ||= directory.toString('utf8', at + 46, at + 46 + nameLength) === mainPart
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32)
  }
  if (unpacked > unpackedBytesMax) return 'bomb'
  return hasMainPart ? 'fine' : 'no document'
}
