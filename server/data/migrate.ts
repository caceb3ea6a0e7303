import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import postgres from 'postgres'
import { defineError } from '../platform/errors.ts'
import { migrateJobs } from './job-queue.ts'

/** A migration that already ran was edited, removed or reordered. */
export const migrationChanged = defineError({
  code: 'migration.changed',
  status: 500,
  title: 'A migration that already ran was changed',
})

/** Another version of the server has migrated the database further than this one can. */
export const databaseNewer = defineError({
  code: 'migration.newer',
  status: 500,
  title: 'The database is of a newer version',
})

/** Which kind of tables a migrations folder makes. */
export type DatabaseKind = 'core' | 'tenant'

const migrationsRoot = join(import.meta.dir, '..', '..', 'drizzle')
/** Any constant: whoever migrates a database of ours holds this advisory lock there. */
const migrationLock = 7_236_410_951

/**
 * Brings the core database up to date: the platform's tables, the tenant store of pooled tenants and the job queue. Replicas may call
 * it at the same time: the advisory lock is held on the very connection that migrates.
 * @param ownerUrl a direct connection (no pooler in transaction mode) as the owner
 * @returns the ids of the migrations applied now, oldest first
 */
export async function migrateCore(ownerUrl: string): Promise<string[]> {
  const applied = await migrateKinds(ownerUrl, ['core', 'tenant'])
  await migrateJobs(ownerUrl)
  return applied
}

/**
 * Brings a dedicated store up to date, under the same lock.
 * @param ownerUrl a direct connection to the store's database as its owner
 */
export function migrateStore(ownerUrl: string): Promise<string[]> {
  return migrateKinds(ownerUrl, ['tenant'])
}

/** The store's migrations at hand: how many, which is their version, and a hash over them. */
export function storeMigrations(): { version: number; hash: string } {
  const files = readMigrationFiles({ migrationsFolder: join(migrationsRoot, 'tenant') })
  const hash = createHash('sha256')
  for (const file of files) hash.update(file.hash)
  return { version: files.length, hash: hash.digest('hex').slice(0, 16) }
}

async function migrateKinds(ownerUrl: string, kinds: DatabaseKind[]): Promise<string[]> {
  const sql = postgres(ownerUrl, {
    max: 1,
    onnotice: () => undefined,
    connection: { application_name: 'tenantry migrate' },
  })
  try {
    await sql`select pg_advisory_lock(${migrationLock})`
    const applied: string[] = []
    for (const kind of kinds) applied.push(...(await migrateKind(sql, kind)))
    return applied
  } finally {
    // The lock goes with the connection.
    await sql.end({ timeout: 5 })
  }
}

async function migrateKind(sql: postgres.Sql, kind: DatabaseKind): Promise<string[]> {
  const folder = join(migrationsRoot, kind)
  const files = readMigrationFiles({ migrationsFolder: folder })
  const before = await readApplied(sql, kind)
  for (const [index, row] of before.entries()) {
    if (index >= files.length) {
      throw databaseNewer({
        detail: `A newer version has applied ${before.length} migrations of drizzle/${kind}, and this one knows ${files.length}. Start the newer version again, or restore the backup that was made before it.`,
      })
    }
    if (files[index]?.hash !== row.hash) {
      throw migrationChanged({
        detail: `Migration ${index + 1} of drizzle/${kind} is not the one that this database was made with. Restore the file as it was and add a new migration instead.`,
      })
    }
  }
  if (before.length === files.length) return []
  await migrate(drizzle(sql), {
    migrationsFolder: folder,
    migrationsSchema: 'drizzle',
    migrationsTable: `${kind}_migrations`,
  })
  return files.slice(before.length).map((_, index) => `${kind}/${before.length + index}`)
}

async function readApplied(sql: postgres.Sql, kind: DatabaseKind): Promise<{ hash: string }[]> {
  const [table] = await sql<{ oid: string | null }[]>`select to_regclass(${`drizzle.${kind}_migrations`})::text as oid`
  if (!table?.oid) return []
  return sql<{ hash: string }[]>`select hash from drizzle.${sql(`${kind}_migrations`)} order by id`
}

/** A hash over all migration files: two checkouts with the same one make the same tables. */
export async function hashMigrations(): Promise<string> {
  const hash = createHash('sha256')
  for (const kind of ['core', 'tenant']) {
    const names = (await readdir(join(migrationsRoot, kind))).filter((name) => name.endsWith('.sql')).sort()
    for (const name of names) hash.update(name).update(await Bun.file(join(migrationsRoot, kind, name)).text())
  }
  return hash.digest('hex')
}
