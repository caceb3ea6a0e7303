import {
  listSealedRows,
  replaceSealedRows,
  type SealedColumn,
  sealedColumns,
  type SealedRow,
} from '../../data/sealed-columns.ts'
import type { Database } from '../../data/postgres.ts'
import { digestAddress } from '../../mail/links.ts'
import type { SecretBox } from '../../platform/secrets.ts'

/** What became of one column. */
export interface RotatedColumn {
  table: string
  column: string
  /** Values that are sealed with the current key now. */
  rotated: number
  /** Values of the former key that could not be opened, and stay. */
  unreadable: number
}

const rowsPerBatch = 100

/**
 * Seals everything anew that was sealed with `SECRET_KEY_PREVIOUS`, batch by batch, while servers read and write:
 * a value that changes meanwhile is left as it was written. It may be ended at any time and run again, or by several at
 * once: each batch is one statement, and what is done is not found any more (guarantee B9).
 * @param parts `db`: as the owner, as the runtime role may not read all of it
 */
export async function rotateSecrets(parts: {
  db: Database
  secretBox: SecretBox
  onProgress?: (progress: RotatedColumn) => void
}): Promise<RotatedColumn[]> {
  const { formerKeyId } = parts.secretBox
  if (formerKeyId === undefined) return []
  const done: RotatedColumn[] = []
  for (const column of sealedColumns) done.push(await rotateColumn(parts, column, formerKeyId))
  return done
}

async function rotateColumn(
  parts: { db: Database; secretBox: SecretBox; onProgress?: (progress: RotatedColumn) => void },
  column: SealedColumn,
  keyId: string,
): Promise<RotatedColumn> {
  const { db, secretBox } = parts
  const progress: RotatedColumn = { table: column.table, column: column.column, rotated: 0, unreadable: 0 }
  for (;;) {
    const found = await listSealedRows(db, { column, keyId, skip: progress.unreadable, limit: rowsPerBatch })
    if (found.length === 0) break
    const sealed = await Promise.all(found.map((row) => sealAnew(secretBox, column, row)))
    const readable = sealed.flatMap((each) => each ?? [])
    progress.unreadable += found.length - readable.length
    if (readable.length > 0) progress.rotated += await replaceSealedRows(db, column, readable)
    parts.onProgress?.(progress)
  }
  return progress
}

async function sealAnew(secretBox: SecretBox, column: SealedColumn, row: SealedRow) {
  const place = { table: column.table, column: column.column, row: row.row }
  const text = await secretBox.open(place, row.sealed).catch(() => undefined)
  if (text === undefined) return undefined
  const address = row.hasDigest ? readAddress(text) : undefined
  return {
    at: row.at,
    former: row.sealed,
    sealed: await secretBox.seal(place, text),
    digest: address === undefined ? null : digestAddress(secretBox, address),
  }
}

/** Whom a link or a mail is for. */
function readAddress(text: string): string | undefined {
  const content: unknown = JSON.parse(text)
  if (typeof content !== 'object' || content === null) return undefined
  const address: unknown = 'to' in content ? content.to : 'email' in content ? content.email : undefined
  return typeof address === 'string' ? address : undefined
}
