import { type AuditActor, type AuditEntry, insertAudit } from '../data/audit.data.ts'
import type { Database } from '../data/postgres.ts'
import type { Log } from '../platform/log.ts'

/** Writes what was refused to the audit log. */
export interface DenialAudit {
  /** One row each; past thirty in a minute by one principal the rest are counted in one. */
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
/** A loop of refused calls shall not fill the log. */
const rowsPerMinuteMax = 30

/** Denials never fail the request they belong to: an audit row that cannot be written is logged. */
export function createDenialAudit(options: { db: Database; log: Log }): DenialAudit {
  interface Open {
    actor: AuditActor
    entry: AuditEntry
    further: number
    timer: ReturnType<typeof setTimeout>
  }
  const open = new Map<string, Open>()
  const rowsByActor = new Map<string, number>()
  const forgetting = setInterval(() => rowsByActor.clear(), windowMs)
  forgetting.unref()

  async function record(actor: AuditActor, entry: AuditEntry): Promise<void> {
    if (entry.outcome === 'done') return write(actor, entry)
    const rows = (rowsByActor.get(actor.actorId ?? '') ?? 0) + 1
    rowsByActor.set(actor.actorId ?? '', rows)
    return rows > rowsPerMinuteMax ? recordOncePerMinute(actor, entry) : write(actor, entry)
  }

  async function write(actor: AuditActor, entry: AuditEntry): Promise<void> {
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
      await write(ended.actor, { ...ended.entry, after: { ...ended.entry.after, count: ended.further } })
  }

  async function recordOncePerMinute(actor: AuditActor, entry: AuditEntry): Promise<void> {
    const key = `${actor.actorId} ${entry.action}`
    const known = open.get(key)
    if (known) {
      known.further++
      return
    }
    const timer = setTimeout(() => void close(key), windowMs)
    timer.unref()
    open.set(key, { actor, entry, further: 0, timer })
    await write(actor, { ...entry, after: { ...entry.after, count: 1 } })
  }

  return {
    record,
    recordOncePerMinute,
    async flush() {
      for (const key of open.keys()) await close(key)
    },
  }
}
