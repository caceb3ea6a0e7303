import { openCoreAddress } from '../core-address.ts'
import { migrateCore } from '../data/migrate.ts'
import { databaseOver, openPool } from '../data/postgres.ts'
import { rotateSecrets } from '../features/system/rotate-secrets.ts'
import { readConfig } from '../platform/config.ts'
import { createLog } from '../platform/log.ts'
import { createSecretBox } from '../platform/secrets.ts'

/**
 * `bun run secrets:rotate`: seals with SECRET_KEY what was sealed with SECRET_KEY_PREVIOUS, beside running servers that
 * know both. It may be ended and run again at any time.
 */
try {
  // On a developer's machine, where nothing is set, it means the database that `bun run dev` made.
  const mode = process.env.NODE_ENV || (process.env.DATABASE_URL ? 'production' : 'development')
  const config = await readConfig({ ...process.env, NODE_ENV: mode })
  if (config.secretKeyPrevious === undefined) {
    throw new Error('Set SECRET_KEY to the new key and SECRET_KEY_PREVIOUS to the one before it.')
  }
  if (config.secretKeyPrevious === config.secretKey) {
    throw new Error('SECRET_KEY and SECRET_KEY_PREVIOUS are the same.')
  }
  const secretBox = await createSecretBox(config.secretKey, config.secretKeyPrevious)
  const address = await openCoreAddress(config, createLog({ level: 'warn' }))
  await migrateCore(address.directUrl)
  const pool = openPool({ url: address.directUrl, max: 1, name: 'tenantry rotate', prepare: false })
  try {
    const columns = await rotateSecrets({ db: databaseOver(pool), secretBox })
    for (const { table, column, rotated, unreadable } of columns) {
      if (rotated > 0) process.stdout.write(`${table}.${column}: ${rotated} sealed anew\n`)
      if (unreadable > 0) process.stderr.write(`${table}.${column}: ${unreadable} cannot be opened and stay\n`)
    }
    const unreadable = columns.reduce((sum, each) => sum + each.unreadable, 0)
    const rotated = columns.reduce((sum, each) => sum + each.rotated, 0)
    process.stdout.write(`${rotated} values were sealed anew; ${unreadable} are left on the key before.\n`)
    process.exitCode = unreadable > 0 ? 1 : 0
  } finally {
    await pool.end()
    await address.stop()
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
process.exit()
