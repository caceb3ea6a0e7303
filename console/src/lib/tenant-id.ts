const idCharactersMax = 63
/** The first two are routes of the API, the last is this console's own page. */
const reservedIds = new Set(['counts', 'import', 'new'])

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
  if (!/^[a-z0-9_-]+$/.test(id)) return 'Use lower-case letters, digits, “-” and “_” only.'
  return reservedIds.has(id) ? `“${id}” is a word of the platform’s own. Choose another.` : undefined
}

/** Another id when one is taken: `kepler-health` → `kepler-health-2` → `kepler-health-3`. */
export function proposeNextId(id: string): string {
  const [, stem = id, number] = /^(.+)-(\d{1,4})$/.exec(id) ?? []
  const ending = `-${number === undefined ? 2 : Number(number) + 1}`
  return stem.slice(0, idCharactersMax - ending.length) + ending
}
