import type { ConnectionKind, HealthChange } from '../data/connection-health.data.ts'
import { AppError } from '../platform/errors.ts'
import type { Clock } from '../platform/clock.ts'
import type { TenantId } from '../platform/ids.ts'
import type { Log } from '../platform/log.ts'
import type { AnswerMetrics } from './answer-metrics.ts'

/** Notes how calls of tenants' connections end; costs a map entry, the database hears of it in batches. */
export interface HealthRecorder {
  succeeded(tenantId: TenantId, connection: ConnectionKind): void
  /** `affected` is false for tests: they fail, but no answer suffers. */
  failed(tenantId: TenantId, connection: ConnectionKind, error: unknown, affected: boolean): void
  /** An answer went without a connection, as it is known to fail so. */
  skipped(tenantId: TenantId, connection: ConnectionKind, error: unknown): void
  /** Writes what was noted. */
  flush(): Promise<void>
  stop(): void
}

const flushEveryMs = 2_000
/** A connection that works is written down at most this often. */
const successWrittenEveryMs = 60_000

/** Keeps the newest outcome of each connection until it is written; what cannot be written is tried again. */
export function createHealthRecorder(options: {
  store: (changes: HealthChange[]) => Promise<void>
  /** Hears of each failure. */
  metrics: Pick<AnswerMetrics, 'upstreamFailed'>
  clock: Clock
  log: Log
}): HealthRecorder {
  const { clock, log, metrics } = options
  const pending = new Map<string, HealthChange>()
  const successWrittenMs = new Map<string, number>()

  function note(change: HealthChange): void {
    const key = `${change.tenantId} ${change.connection}`
    const earlier = pending.get(key)?.affected ?? 0
    pending.set(key, { ...change, affected: change.failure ? earlier + change.affected : 0 })
  }

  async function flush(): Promise<void> {
    const changes = [...pending.values()]
    if (changes.length === 0) return
    pending.clear()
    try {
      await options.store(changes)
    } catch (err) {
      log.warn({ err }, 'connection health could not be written; it is tried again')
      for (const change of changes) if (!pending.has(`${change.tenantId} ${change.connection}`)) note(change)
    }
  }

  const timer = setInterval(() => void flush(), flushEveryMs)
  timer.unref()
  return {
    succeeded(tenantId, connection) {
      const key = `${tenantId} ${connection}`
      const nowMs = clock.monotonicMs()
      if (nowMs - (successWrittenMs.get(key) ?? -Infinity) < successWrittenEveryMs && !pending.has(key)) return
      successWrittenMs.set(key, nowMs)
      note({ tenantId, connection, failure: null, affected: 0, at: clock.now() })
    },
    skipped(tenantId, connection, error) {
      note({ tenantId, connection, failure: describeFailure(error), affected: 1, at: clock.now() })
    },
    failed(tenantId, connection, error, affected) {
      successWrittenMs.delete(`${tenantId} ${connection}`)
      const failure = describeFailure(error)
      metrics.upstreamFailed({ tenantId, connection, code: failure.code })
      note({ tenantId, connection, failure, affected: affected ? 1 : 0, at: clock.now() })
    },
    flush,
    stop: () => clearInterval(timer),
  }
}

/** The machine-readable reason and the sentence of an error; other errors keep their text to the log. */
function describeFailure(error: unknown): { code: string; detail: string } {
  if (!(error instanceof AppError)) return { code: 'unknown', detail: 'The connection failed.' }
  const { reason, deadline } = error.extensions
  const code = typeof reason === 'string' ? reason : typeof deadline === 'string' ? `timeout_${deadline}` : error.code
  return { code, detail: error.detail }
}
