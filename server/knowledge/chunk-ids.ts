import { createHash } from 'node:crypto'

/** A version of a document. */
export interface DocumentVersion {
  documentId: string
  version: number
}

/**
 * The id of a passage, made from where it stands (a UUID of version 8): whoever repeats a job makes the same ones, so that
 * nothing is doubled, and whoever deletes a document knows its vectors' ids without having them.
 */
export function chunkIdOf({ documentId, version }: DocumentVersion, position: number): string {
  const hex = createHash('sha256').update(`${documentId}/${version}/${position}`).digest('hex')
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-')
}
