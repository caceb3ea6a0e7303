import { describe, expect, test } from 'bun:test'
import { listMoveTargets } from '../../console/src/features/tenant-place/move-targets.ts'
import { describeServer } from '../../console/src/features/servers/server-words.ts'
import {
  describeFailedStore,
  describeMigrations,
  describeVersions,
} from '../../console/src/features/system/fleet-words.ts'
import { describeState } from '../../console/src/panels/tenant-state.ts'

const fine = { version: 8, tenants: 3, behind: 0, versions: [{ version: 8, tenants: 3 }], failed: [] }

describe('the fleet of own databases', () => {
  test('is told by what needs somebody first: what failed, then what waits, then that all is well', () => {
    expect(describeMigrations(fine)).toEqual({ kind: 'fine', words: 'All 3 up to date' })
    expect(describeMigrations({ ...fine, tenants: 1 }).words).toBe('Up to date')
    expect(describeMigrations({ ...fine, tenants: 0, versions: [] }).kind).toBe('suspended')
    expect(describeMigrations({ ...fine, behind: 2 })).toEqual({ kind: 'working', words: '2 of 3 behind' })
    const failed = [{ version: 7 }, { version: null }]
    expect(describeMigrations({ ...fine, behind: 2, failed })).toEqual({ kind: 'failed', words: '2 databases failed' })
  })

  test('names a version for each part of it that has another', () => {
    expect(describeVersions(fine)).toBe('version 8')
    const versions = [
      { version: 8, tenants: 9 },
      { version: 7, tenants: 2 },
      { version: null, tenants: 1 },
    ]
    expect(describeVersions({ ...fine, versions })).toBe('9 at version 8, 2 at version 7, 1 not made')
  })

  test('tells a database that was never made from one that could not be migrated', () => {
    expect(describeFailedStore({ version: null }).verb).toBe('Make again')
    expect(describeFailedStore({ version: 7 })).toEqual({ what: 'Stayed at version 7.', verb: 'Migrate again' })
    const failed = { is_active: true, state: 'failed' as const }
    expect(describeState({ ...failed, database_name: null }).words).toBe('Setup failed')
    expect(describeState({ ...failed, database_name: 'tenant_7' }).words).toBe('Migration failed')
  })
})

describe('a database server', () => {
  const server = { is_draining: false, tenants: 1, tenants_max: null, connections: null }
  test('that does not answer says so before anything else', () => {
    expect(describeServer(server).words).toBe('Takes tenants')
    expect(describeServer({ ...server, answers: true }).kind).toBe('fine')
    expect(describeServer({ ...server, answers: false })).toEqual({ kind: 'failed', words: 'Does not answer' })
    expect(describeServer({ ...server, is_draining: true, answers: false }).words).toBe('Draining, does not answer')
  })

  test('that drains or is full is not offered to a tenant that moves, nor is its own', () => {
    const made = (id: string, more: object = {}) => ({ ...server, id, name: id, ...more })
    const servers = [made('own'), made('free'), made('full', { tenants_max: 1 }), made('old', { is_draining: true })]
    const targets = listMoveTargets({ tenant: { isolation: 'dedicated', database_server_id: 'own' }, servers })
    expect(targets.map(({ value }) => value)).toEqual(['pooled', 'free'])
  })
})
