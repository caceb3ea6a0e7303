import { openCoreAddress } from '../core-address.ts'
import { openCoreDatabase } from '../data/core-database.ts'
import { migrateCore } from '../data/migrate.ts'
import { ensureSuperuser } from '../features/sign-in/sign-in.usecases.ts'
import { createLog } from '../platform/log.ts'
import { createPasswords, isNewPassword, newPasswordLength } from '../platform/passwords.ts'
import { createSecretBox } from '../platform/secrets.ts'
import { readCommandConfig, readWords } from './command-line.ts'

/** `bun run superuser <email>`: makes a superuser, or gives an existing user that right and a new password. */
const usage = 'Usage: bun run superuser <email>   (the password is asked for, or read from SUPERUSER_PASSWORD)'

const [email] = readWords({ usage, wordsMax: 1 })

try {
  if (!email || !/^[^\s@]+@[^\s@]+$/.test(email)) throw new Error(usage)
  const password = process.env.SUPERUSER_PASSWORD || prompt(`Password (${newPasswordLength.words}):`) || ''
  if (!isNewPassword(password)) throw new Error(`The password must have ${newPasswordLength.words}.`)
  // The address comes from the command line, so the pair in the environment need not be whole.
  const config = await readCommandConfig({ SUPERUSER_EMAIL: email, SUPERUSER_PASSWORD: password })
  const address = await openCoreAddress(config, createLog({ level: 'warn' }))
  try {
    await migrateCore(address.directUrl)
    const core = await openCoreDatabase({
      databaseUrl: address.databaseUrl,
      directUrl: address.directUrl,
      managedRuntimeUrl: config.databaseRuntimeUrl,
      pooler: config.databasePooler,
      poolMax: 2,
      secretBox: await createSecretBox(config.secretKey, config.secretKeyPrevious),
    })
    await ensureSuperuser(
      { core, passwords: await createPasswords({ concurrencyMax: 1, waitingMax: 1 }) },
      { email, password },
    )
    await core.close()
  } finally {
    await address.stop()
  }
  process.stdout.write(`${email.toLowerCase()} is a superuser.\n`)
  process.exit(0)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
