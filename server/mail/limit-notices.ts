import type { CoreDatabase } from '../data/core-database.ts'
import { insertWarning, type LimitWarning, listWarned } from '../data/limit-events.data.ts'
import { findTenant } from '../data/tenants.data.ts'
import type { TenantId } from '../platform/ids.ts'
import { describeAmount } from '../platform/limit-words.ts'
import { showName, writeNotice } from './letters.ts'
import type { Outbox } from './outbox.ts'

/**
 * Tells a tenant's owner and the superusers, by mail, that a counter reached its threshold: once for each span, whichever
 * replica noticed, and both the note and the mails or neither.
 */
export function createLimitNotices(parts: {
  core: CoreDatabase
  outbox: Pick<Outbox, 'notify' | 'sendSoon'>
  now: () => Date
}): (warning: LimitWarning) => Promise<void> {
  return async (warning) => {
    const isNews = await parts.core.write(async (database) => {
      if (!(await insertWarning(database, { ...warning, at: parts.now() }))) return false
      const tenant = await findTenant(database, warning.tenantId)
      if (!tenant) return false
      const letter = writeWarning(tenant, warning)
      for (const to of await listWarned(database, tenant.ownerId)) {
        await parts.outbox.notify(database, writeNotice({ ...letter, to }))
      }
      return true
    })
    if (isNews) parts.outbox.sendSoon()
  }
}

function writeWarning(tenant: { id: TenantId; name: string }, warning: LimitWarning) {
  const { name, threshold, limit, userId } = warning
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
