import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import busboy from 'busboy'
import { defineError } from '../platform/errors.ts'
import { requestInvalid, requestMalformed } from './problem-details.ts'

/** A file of a form is larger than it may be. */
export const fileTooLarge = defineError({
  code: 'document.too_large',
  status: 413,
  title: 'The document is too large',
})

/** A file that was received to the disk. */
export interface ReceivedFile {
  name: string
  mediaType: string
  path: string
  bytes: number
  /** In hexadecimal. */
  sha256: string
}

/** A form that was received: its files, named `file`, and its other fields. */
export interface ReceivedForm {
  files: ReceivedFile[]
  fields: Map<string, string>
}

const fieldBytesMax = 4_096
const nameCharactersMax = 255

/** Whether a request brings a form with files. */
export function isForm(request: Request): boolean {
  return /^multipart\/form-data *;/i.test(request.headers.get('content-type')?.trim() ?? '')
}

/**
 * Receives a form to the disk piece by piece, however large its files are. Throws `document.too_large` 413 as soon as one
 * has too many bytes, without reading on, and `request.invalid` or `request.malformed` for forms that are none.
 * @param options.directory where the files are put; the caller removes it
 */
export async function receiveForm(
  request: Request,
  options: { directory: string; fileBytesMax: number; filesMax: number },
): Promise<ReceivedForm> {
  const { fileBytesMax, filesMax } = options
  const parser = openParser(request, { fileBytesMax, filesMax })
  const form: ReceivedForm = { files: [], fields: new Map() }
  const writing: Promise<void>[] = []
  let refusal: Error | undefined
  const refuse = (error: Error): void => {
    refusal ??= error
    parser.destroy(error)
  }
  parser.on('field', (name, value) => form.fields.set(name.slice(0, 100), value))
  parser.on('filesLimit', () => refuse(refuseForm(`at most ${filesMax} files may be sent at once`)))
  parser.on('file', (field, content, { filename, mimeType }) => {
    if (field !== 'file' || !filename) {
      content.resume()
      return
    }
    const at = writing.length
    const path = join(options.directory, String(at))
    const hash = createHash('sha256')
    let bytes = 0
    content.on('data', (part: Buffer) => {
      hash.update(part)
      bytes += part.length
    })
    content.on('limit', () => refuse(describeTooLarge(filename, fileBytesMax)))
    const write = async (): Promise<void> => {
      await pipeline(content, createWriteStream(path, { mode: 0o600 }))
      const name = cleanName(filename)
      form.files[at] = { name, mediaType: mimeType, path, bytes, sha256: hash.digest('hex') }
    }
    const written = write()
    // Waited for below; one that fails meanwhile must not end the process.
    written.catch(() => undefined)
    writing.push(written)
  })
  try {
    if (request.body) await pipeline(Readable.from(request.body), parser)
    await Promise.all(writing)
  } catch (error) {
    await Promise.allSettled(writing)
    if (refusal) throw refusal
    throw requestMalformed({ detail: 'The form was cut off or cannot be read.', cause: error })
  }
  if (form.files.length === 0) throw refuseForm('is needed: send one or more files in the field "file"')
  return form
}

function openParser(request: Request, limits: { fileBytesMax: number; filesMax: number }): busboy.Busboy {
  try {
    return busboy({
      headers: { 'content-type': request.headers.get('content-type') ?? '' },
      defParamCharset: 'utf8',
      limits: {
        // One more tells a file of exactly the limit from a larger one.
        fileSize: limits.fileBytesMax + 1,
        files: limits.filesMax,
        fields: 10,
        fieldSize: fieldBytesMax,
        parts: limits.filesMax + 10,
      },
    })
  } catch (cause) {
    throw requestMalformed({ detail: 'The form names no boundary.', cause })
  }
}

function describeTooLarge(name: string, bytesMax: number): Error {
  const megabytes = Math.floor(bytesMax / 1024 / 1024)
  return fileTooLarge({ detail: `“${cleanName(name)}” is larger than ${megabytes} MB. Split it and send the parts.` })
}

function refuseForm(message: string): Error {
  return requestInvalid({ detail: `file: ${message}`, errors: [{ path: 'file', message }] })
}

/** A name as it can be stored and shown: without folders and without what nobody sees. */
function cleanName(name: string): string {
  const last = name.split(/[\\/]/).at(-1) ?? ''
  // eslint-disable-next-line no-control-regex
  const clean = last.replaceAll(/[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, '').toWellFormed()
  return clean.slice(-nameCharactersMax).toWellFormed().trim() || 'document'
}
