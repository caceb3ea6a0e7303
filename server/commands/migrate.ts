import { migrateCore } from '../data/migrate.ts'

/** `bun run db:migrate`: brings the database of DATABASE_PUBLIC_URL, DATABASE_DIRECT_URL or DATABASE_URL up to date. */
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
  process.exit(0)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
