import { type AuditActor, type AuditEntry, insertAudit } from '../data/audit.data.ts'
import type { Database } from '../data/postgres.ts'
import type { Log } from '../platform/log.ts'

/** Writes what was refused to the audit log. */
export interface DenialAudit {
  /** One row. */
  record(actor: AuditActor, entry: AuditEntry): Promise<void>
  /**
   * One row at the first of its kind by this principal, and one more with a `count` when the minute is over if there
   * were further ones, so that a loop of refused calls does not fill the log.
   */
  recordOncePerMinute(actor: AuditActor, entry: AuditEntry): Promise<void>
  /** Writes the counts that are still open. */
  flush(): Promise<void>
}

const windowMs = 60_000

/** Denials never fail the request they belong to: an audit row that cannot be written is logged. */
export function createDenialAudit(options: { db: Database; log: Log }): DenialAudit {
  interface Open {
    actor: AuditActor
    entry: AuditEntry
    further: number
    timer: ReturnType<typeof setTimeout>
  }
  const open = new Map<string, Open>()

  async function record(actor: AuditActor, entry: AuditEntry): Promise<void> {
    try {
      await insertAudit(options.db, actor, { outcome: 'denied', ...entry })
    } catch (err) {
      options.log.error({ err, action: entry.action }, 'a denial could not be written to the audit log')
    }
  }

  async function close(key: string): Promise<void> {
    const ended = open.get(key)
    open.delete(key)
    if (!ended) return
    clearTimeout(ended.timer)
    if (ended.further > 0)
      await record(ended.actor, { ...ended.entry, after: { ...ended.entry.after, count: ended.further } })
  }

  return {
    record,
    async recordOncePerMinute(actor, entry) {
      const key = `${actor.actorId} ${entry.action}`
      const known = open.get(key)
      if (known) {
        known.further++
        return
      }
      const timer = setTimeout(() => void close(key), windowMs)
      timer.unref()
      open.set(key, { actor, entry, further: 0, timer })
      await record(actor, { ...entry, after: { ...entry.after, count: 1 } })
    },
    async flush() {
      for (const key of open.keys()) await close(key)
    },
  }
}
