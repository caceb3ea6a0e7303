import type { CoreDatabase } from '../data/core-database.ts'
import { noteApiKeyUse } from '../data/api-keys.data.ts'
import type { Clock } from '../platform/clock.ts'
import type { UserId } from '../platform/ids.ts'
import type { Log } from '../platform/log.ts'

/** Notes when keys were last used, so that those that nobody uses any more can be found. */
export interface ApiKeyUse {
  /** Returns at once; what cannot be written is tried again at the key's next use. */
  note(id: UserId): void
}

const notedEveryMs = 60_000
const keysMax = 50_000

/** Writes once a minute and key at most, whatever the number of requests and replicas. */
export function createApiKeyUse(parts: { core: CoreDatabase; clock: Clock; log: Log }): ApiKeyUse {
  const { core, clock, log } = parts
  const notedAtMs = new Map<UserId, number>()
  return {
    note(id) {
      const nowMs = clock.monotonicMs()
      if (nowMs - (notedAtMs.get(id) ?? -Infinity) < notedEveryMs) return
      if (notedAtMs.size >= keysMax) notedAtMs.clear()
      notedAtMs.set(id, nowMs)
      const at = clock.now()
      noteApiKeyUse(core.db, { id, at, before: new Date(at.getTime() - notedEveryMs) }).catch((err: unknown) => {
        notedAtMs.delete(id)
        log.warn({ err }, "an API key's use could not be noted")
      })
    },
  }
}
