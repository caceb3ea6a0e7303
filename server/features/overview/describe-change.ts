import type { AuditRow } from '../../data/audit.data.ts'

const shownTextMax = 100

/** A change of a tenant: what differs, with values that are short enough for a sentence. */
export function describeChange(row: AuditRow) {
  const { before, after } = row
  const changed = Object.entries(after ?? {}).flatMap(([name, value]) => {
    if (Bun.deepEquals(before?.[name], value)) return []
    return name === 'limits' ? listLimitChanges(before?.limits, value) : [[name, value] satisfies [string, unknown]]
  })
  return {
    id: row.id,
    at: row.at.toISOString(),
    actor: row.actorEmail,
    action: row.action,
    fields: changed.map(([name]) => name),
    values: Object.fromEntries(changed.flatMap(([name, value]) => (isShort(value) ? [[name, value]] : []))),
  }
}

/** The limits that differ, each by its path (`limits.per_user.tokens_per_month`); null is no limit of its own. */
function listLimitChanges(before: unknown, after: unknown): [path: string, amount: unknown][] {
  const [former, latter] = [new Map(listAmounts(before)), new Map(listAmounts(after))]
  // The database keeps no order of names.
  const paths = [...new Set([...former.keys(), ...latter.keys()])].toSorted()
  return paths.flatMap((path) => {
    const amount = latter.get(path) ?? null
    return amount === (former.get(path) ?? null) ? [] : [[path, amount] satisfies [string, unknown]]
  })
}

function listAmounts(limits: unknown, path = 'limits'): [path: string, amount: unknown][] {
  if (typeof limits !== 'object' || limits === null) return limits === undefined ? [] : [[path, limits]]
  return Object.entries(limits).flatMap(([name, value]) => listAmounts(value, `${path}.${name}`))
}

/** Whether a value can be told in a sentence: no prompt, no list. */
function isShort(value: unknown): value is string | number | boolean | null {
  if (typeof value === 'string') return value.length <= shownTextMax
  return value === null || typeof value === 'number' || typeof value === 'boolean'
}
