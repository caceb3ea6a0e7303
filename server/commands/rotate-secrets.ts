import { openCoreAddress } from '../core-address.ts'
import { migrateCore } from '../data/migrate.ts'
import { databaseOver, openPool } from '../data/postgres.ts'
import { rotateSecrets } from '../features/system/rotate-secrets.ts'
import { createLog } from '../platform/log.ts'
import { createSecretBox } from '../platform/secrets.ts'
import { readCommandConfig, readWords } from './command-line.ts'

/**
 * `bun run secrets:rotate`: seals with SECRET_KEY what was sealed with SECRET_KEY_PREVIOUS, beside running servers that
 * know both. It may be ended and run again at any time.
 */
const usage = `Usage: bun run secrets:rotate

Seals with SECRET_KEY what was sealed with SECRET_KEY_PREVIOUS, beside running servers that know both. It may be ended and
run again at any time. Ends with 0 when nothing is left on the key before, with 1 when something could not be opened,
with 2 when it could not run.`

readWords({ usage, wordsMax: 0 })
try {
  const config = await readCommandConfig()
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
  process.exitCode = 2
}
process.exit()
