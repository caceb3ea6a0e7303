interface Named {
  id: string
  name: string
}

/** Tenants by how much of a search their id or name begins with, most first; the order stays among equals. */
export function rankByLikeness<Tenant extends Named>(options: {
  search: string
  tenants: readonly Tenant[]
}): Tenant[] {
  const search = options.search.trim().toLowerCase()
  const likeness = ({ id, name }: Tenant): number => Math.max(countShared(id, search), countShared(name, search))
  return options.tenants.toSorted((one, other) => likeness(other) - likeness(one))
}

function countShared(text: string, search: string): number {
  const lower = text.toLowerCase()
  let shared = 0
  while (shared < search.length && lower[shared] === search[shared]) shared += 1
  return shared
}
