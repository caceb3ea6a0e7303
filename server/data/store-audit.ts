import { type AuditActor, type AuditEntry, insertAudit } from './audit.data.ts'
import type { CoreDatabase } from './core-database.ts'

/**
 * Runs a write in a tenant's store, which the audit log's transaction cannot hold: the attempt is written before it and
 * the outcome after it (guarantee B13).
 */
export async function auditStoreWrite<T>(
  core: CoreDatabase,
  written: { actor: AuditActor; entry: AuditEntry },
  write: () => Promise<T>,
): Promise<T> {
  const { actor, entry } = written
  await insertAudit(core.db, actor, { ...entry, action: `${entry.action}.attempted` })
  let result: T
  try {
    result = await write()
  } catch (error) {
    await insertAudit(core.db, actor, { ...entry, outcome: 'failed' })
    throw error
  }
  await insertAudit(core.db, actor, entry)
  return result
}
