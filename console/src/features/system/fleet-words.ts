import { formatCount, formatPlural } from '../../lib/numbers.ts'
import type { StateKind } from '../../ui/state.tsx'

/** What is read of the fleet's migrations to tell how they are. */
export interface ToldMigrations {
  version: number
  tenants: number
  behind: number
  versions: readonly { version: number | null; tenants: number }[]
  failed: readonly { version: number | null }[]
}

/** How the databases of dedicated tenants are, in one line: what failed goes before what waits. */
export function describeMigrations(migrations: ToldMigrations): { kind: StateKind; words: string } {
  const { tenants, behind, failed } = migrations
  if (failed.length > 0) {
    return { kind: 'failed', words: `${formatPlural(failed.length, 'database')} failed` }
  }
  if (behind > 0) return { kind: 'working', words: `${formatCount(behind)} of ${formatCount(tenants)} behind` }
  if (tenants === 0) return { kind: 'suspended', words: 'No tenant has a database of its own' }
  return { kind: 'fine', words: tenants === 1 ? 'Up to date' : `All ${formatCount(tenants)} up to date` }
}

/** The versions that are found: “version 7”; “9 at version 7, 2 at version 6, 1 not made”. */
export function describeVersions(migrations: ToldMigrations): string {
  const { version: newest, versions } = migrations
  if (versions.every(({ version }) => version === newest)) return `version ${newest}`
  return versions
    .map(({ version, tenants }) =>
      version === null ? `${formatCount(tenants)} not made` : `${formatCount(tenants)} at version ${version}`,
    )
    .join(', ')
}

/** What failed of a store, and what is done about it. */
export function describeFailedStore(store: { version: number | null }): { what: string; verb: string } {
  return store.version === null
    ? { what: 'Could not be made.', verb: 'Make again' }
    : { what: `Stayed at version ${store.version}.`, verb: 'Migrate again' }
}
