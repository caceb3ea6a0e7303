import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DocumentKey, type FileRole, findFilePart, insertFilePart } from '../data/documents.data.ts'
import type { Database } from '../data/postgres.ts'
import type { TenantScope } from '../data/tenant-scope.ts'

/** Files are stored in parts, so that none is ever in memory as a whole. */
const partBytes = 256 * 1024

/** A directory for one piece of work; `remove` deletes it with all that is in it. */
export async function makeWorkDirectory(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'tenantry-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** Stores a file of the disk; its parts stand or fall together with the transaction. */
export async function storeFile(
  database: Database,
  file: DocumentKey & { role: FileRole; content: Blob },
): Promise<void> {
  for (let position = 0; position * partBytes < file.content.size; position += 1) {
    const part = file.content.slice(position * partBytes, (position + 1) * partBytes)
    await insertFilePart(database, { ...file, position, content: new Uint8Array(await part.arrayBuffer()) })
  }
}

/** A stored file, part by part; each part is a unit of work of its own. */
export async function* readStoredFile(
  scope: TenantScope,
  file: DocumentKey & { role: FileRole },
): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; position += 1) {
    const part = await scope.read((database) => findFilePart(database, { ...file, position }))
    if (!part) return
    yield part
  }
}

/** Writes a stored file to the disk. */
export async function copyToDisk(scope: TenantScope, file: DocumentKey, path: string): Promise<void> {
  const target = await open(path, 'wx', 0o600)
  try {
    for await (const part of readStoredFile(scope, { ...file, role: 'original' })) await target.write(part)
  } finally {
    await target.close()
  }
}

/** The stored text of a document; empty before it was read. */
export async function readStoredText(scope: TenantScope, file: DocumentKey): Promise<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let text = ''
  for await (const part of readStoredFile(scope, { ...file, role: 'text' }))
    text += decoder.decode(part, { stream: true })
  return text + decoder.decode()
}
