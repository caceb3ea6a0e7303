import type { CoreDatabase } from '../data/core-database.ts'
import { insertWarning, listWarned } from '../data/limit-events.data.ts'
import { findTenant } from '../data/tenants.data.ts'
import type { TenantId, UserId } from '../platform/ids.ts'
import type { LimitName } from '../platform/limit-settings.ts'
import { describeAmount } from '../platform/limit-words.ts'
import { showName, writeNotice } from './letters.ts'
import type { Outbox } from './outbox.ts'

/** A counter that reached what is warned of. */
export interface ReachedThreshold {
  tenantId: TenantId
  /** Null where the limit is the tenant's. */
  userId: UserId | null
  name: LimitName
  /** What it is told once for. */
  span: string
  threshold: number
  spent: number
  limit: number | null
}

/**
 * Tells a tenant's owner and the superusers, by mail, that a counter reached its threshold: once for each span, whichever
 * replica noticed, and both the note and the mails or neither.
 */
export function createLimitNotices(parts: {
  core: CoreDatabase
  outbox: Pick<Outbox, 'notify' | 'sendSoon'>
  now: () => Date
}): (reached: ReachedThreshold) => Promise<void> {
  return async (reached) => {
    const isNews = await parts.core.write(async (database) => {
      const { tenantId, userId, name, span, threshold, spent, limit } = reached
      const subject = userId ?? ''
      const at = parts.now()
      if (!(await insertWarning(database, { tenantId, subject, name, span, threshold, spent, limit, at }))) return false
      const tenant = await findTenant(database, tenantId)
      if (!tenant) return false
      const letter = writeWarning(tenant, reached)
      for (const to of await listWarned(database, tenant.ownerId)) {
        await parts.outbox.notify(database, writeNotice({ ...letter, to }))
      }
      return true
    })
    if (isNews) parts.outbox.sendSoon()
  }
}

function writeWarning(tenant: { id: TenantId; name: string }, reached: ReachedThreshold) {
  const { name, threshold, limit, userId } = reached
  const place = showName(tenant.name)
  const who = userId === null ? place : `A user of ${place}`
  const next =
    limit === null
      ? 'Nothing is refused: this is only a warning.'
      : `Requests are refused from ${describeAmount(name, limit)} on.`
  return {
    subject: `${place} is close to a limit`,
    lines: [`${who} has reached ${describeAmount(name, threshold)}. ${next}`, 'Look at what is used, and by whom:'],
    path: `/console/tenants/${tenant.id}/limits`,
  }
}
