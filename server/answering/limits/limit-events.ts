import type { LimitWarning, RefusalChange } from '../../data/limit-events.data.ts'
import { isMonthly } from '../../platform/limit-settings.ts'
import type { Log } from '../../platform/log.ts'
import type { LimitRefusal } from './limit-errors.ts'
import type { LimitedCaller, LimitStanding, LimitWatcher } from './limits.ts'

/** Keeps what limits refused and warned of; nothing of it delays a request. */
export interface LimitEvents extends LimitWatcher {
  /** Writes what was noted. */
  flush(): Promise<void>
  stop(): void
}

const flushEveryMs = 2_000
const knownWarningsMax = 20_000

/** Notes refusals, added up, and each warning once; what cannot be written is tried again. */
export function createLimitEvents(options: {
  store: (changes: RefusalChange[]) => Promise<void>
  /** Tells of a warning, unless another replica did. */
  warn: (warning: LimitWarning) => Promise<void>
  now: () => Date
  log: Log
}): LimitEvents {
  const { now, log } = options
  const refusals = new Map<string, RefusalChange>()
  const warnings = new Map<string, LimitWarning>()
  const known = new Set<string>()

  function note(change: RefusalChange): void {
    const minute = Math.floor(change.lastAt.getTime() / 60_000)
    const key = [change.tenantId, change.userId, change.name, change.scope, minute].join(' ')
    const earlier = refusals.get(key)?.requests ?? 0
    refusals.set(key, { ...change, requests: earlier + change.requests })
  }

  function noteWarning(warning: LimitWarning): void {
    const key = [warning.tenantId, warning.userId ?? '', warning.name, warning.span, warning.threshold].join(' ')
    if (known.has(key)) return
    if (known.size >= knownWarningsMax) known.clear()
    known.add(key)
    warnings.set(key, warning)
  }

  async function flush(): Promise<void> {
    const changes = [...refusals.values()]
    refusals.clear()
    try {
      await options.store(changes)
    } catch (err) {
      log.warn({ err }, 'refusals could not be written; it is tried again')
      for (const change of changes) note(change)
    }
    for (const [key, warning] of warnings) {
      warnings.delete(key)
      await options.warn(warning).catch((err: unknown) => {
        log.warn({ err, tenant_id: warning.tenantId }, 'a warning could not be given; it is tried again')
        warnings.set(key, warning)
      })
    }
  }

  const timer = setInterval(() => void flush(), flushEveryMs)
  timer.unref()
  return {
    refused(caller: LimitedCaller, refusal: LimitRefusal) {
      const { scope, limit, spent, resetsAt, name } = refusal
      const { userId, requestId } = caller
      const common = { tenantId: caller.tenant.id, userId, requests: 1, lastAt: now(), lastRequestId: requestId }
      note({ ...common, name, scope, limit, spent, resetsAt })
    },
    counted(caller: LimitedCaller, standings: LimitStanding[]) {
      const today = now().toISOString()
      for (const { userId, name, soft, hard, ...counter } of standings) {
        const spent = counter.spent - counter.held
        if (soft === null || spent < soft) continue
        const span = today.slice(0, isMonthly(name) ? 7 : 10)
        noteWarning({ tenantId: caller.tenant.id, userId, name, span, threshold: soft, spent, limit: hard })
      }
    },
    flush,
    stop: () => clearInterval(timer),
  }
}
