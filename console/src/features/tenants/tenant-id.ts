const idCharactersMax = 63

/** Proposes an id from a name: “Kepler Health GmbH” → `kepler-health-gmbh`; empty when the name has no Latin letter or digit. */
export function deriveTenantId(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('&', ' and ')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, idCharactersMax)
    .replace(/-+$/, '')
}

/** Why this cannot be a tenant's id, as the server checks it; undefined when it can. */
export function checkTenantId(id: string): string | undefined {
  if (id === '') return 'Enter an id.'
  if (id.length > idCharactersMax) return `An id has ${idCharactersMax} characters at most.`
  if (!/^[a-z0-9]/.test(id)) return 'Start with a lower-case letter or a digit.'
  return /^[a-z0-9_-]+$/.test(id) ? undefined : 'Use lower-case letters, digits, “-” and “_” only.'
}
