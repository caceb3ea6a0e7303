import { createDatabaseServers } from '../data/database-servers.ts'
import { type FleetMigration, migrateFleet } from '../data/migrate-fleet.ts'
import { migrateCore } from '../data/migrate.ts'
import { databaseOver, openPool } from '../data/postgres.ts'
import { createLog } from '../platform/log.ts'
import { createSecretBox } from '../platform/secrets.ts'
import { readWords } from './command-line.ts'

/** `bun run db:migrate`: brings the database of DATABASE_PUBLIC_URL, DATABASE_DIRECT_URL or DATABASE_URL up to date. */
const usage = `Usage: bun run db:migrate

Brings the database of DATABASE_PUBLIC_URL, else DATABASE_DIRECT_URL, else DATABASE_URL up to date, and tenants' own
databases; those on registered servers need SECRET_KEY. Ends with 0 when all are, with 1 when some are not.`

readWords({ usage, wordsMax: 0 })
const { DATABASE_PUBLIC_URL, DATABASE_DIRECT_URL, DATABASE_URL } = process.env
const url = (DATABASE_PUBLIC_URL || DATABASE_DIRECT_URL || DATABASE_URL || '').replace(
  /^postgres(?:ql)?(?:\+\w+)?:\/\//,
  'postgres://',
)

if (!url) {
  process.stderr.write(
    'Set DATABASE_URL (or DATABASE_PUBLIC_URL). The embedded database migrates itself at every start.\n',
  )
  process.exit(1)
}
try {
  const applied = await migrateCore(url)
  process.stdout.write(applied.length > 0 ? `Applied ${applied.join(', ')}.\n` : 'The database is up to date.\n')
  const { failed, waiting } = await migrateTenants(url)
  process.exit(failed.length + waiting.length > 0 ? 1 : 0)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}

/** SECRET_KEY is needed only for tenants on registered database servers, whose addresses are sealed. */
async function migrateTenants(ownerUrl: string): Promise<FleetMigration> {
  const { SECRET_KEY, SECRET_KEY_PREVIOUS } = process.env
  const pool = openPool({ url: ownerUrl, max: 2, name: 'tenantry migrate', prepare: false })
  const db = databaseOver(pool)
  const servers = createDatabaseServers({
    db,
    core: { databaseUrl: ownerUrl, directUrl: ownerUrl },
    secretBox: SECRET_KEY ? await createSecretBox(SECRET_KEY, SECRET_KEY_PREVIOUS || undefined) : undefined,
  })
  const fleet = await migrateFleet({ db, servers, log: createLog({ level: 'error' }), retryFailed: true })
  const { applied, failed, waiting } = fleet
  if (applied.length > 0) process.stdout.write(`Migrated the databases of ${applied.length} tenants.\n`)
  if (failed.length > 0) process.stderr.write(`Not migrated, see tenant_migrations: ${failed.join(', ')}.\n`)
  if (waiting.length > 0) process.stderr.write(`Their database server was not reached: ${waiting.join(', ')}.\n`)
  await pool.end()
  return fleet
}
