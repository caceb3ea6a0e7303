import { join } from 'node:path'
import pretty from 'pino-pretty'
import { prepareTokenizer } from './answering/token-estimate.ts'
import { createApp } from './app.ts'
import { drain } from './drain.ts'
import { openCoreAddress } from './core-address.ts'
import { migrateFleet } from './data/migrate-fleet.ts'
import { migrateCore } from './data/migrate.ts'
import { hasSuperuser } from './data/users.data.ts'
import { ensureSuperuser, makeSetupToken } from './features/sign-in/sign-in.usecases.ts'
import { consoleFiles } from './http/console-files.ts'
import { startJobs } from './jobs.ts'
import { systemClock } from './platform/clock.ts'
import { type Config, ConfigError, readConfig } from './platform/config.ts'
import { createLog, type Log } from './platform/log.ts'
import { version } from './platform/version.ts'
import { createServices, type Services } from './services.ts'

const consoleDir = join(import.meta.dir, '..', 'console')
const nobodyYet =
  'nobody can sign in to the console yet: set SUPERUSER_EMAIL and SUPERUSER_PASSWORD, or run: bun run superuser <email>'
const outgoingRequestsMin = 1_000

const config = await readConfig(process.env).catch((error: unknown) => {
  if (!(error instanceof ConfigError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})
const development = config.mode === 'development'
const log = createLog({
  level: config.logLevel,
  destination: development ? pretty({ colorize: process.stdout.isTTY, sync: true, ignore: 'request_id' }) : undefined,
})

try {
  await run(config, log)
} catch (err) {
  log.fatal({ err }, err instanceof Error ? `the server did not start: ${err.message}` : 'the server did not start')
  process.exit(1)
}

async function run(config: Config, log: Log): Promise<void> {
  if (Number(process.env.BUN_CONFIG_MAX_HTTP_REQUESTS ?? 256) < outgoingRequestsMin) {
    log.warn('BUN_CONFIG_MAX_HTTP_REQUESTS is low: set it to 4000, or many streams at once wait for each other')
  }
  const address = await openCoreAddress(config, log)
  const applied = await migrateCore(address.directUrl)
  if (applied.length > 0) log.info({ applied }, 'database migrated')
  const services = await createServices({ config, address, log, clock: systemClock })
  const fleet = await migrateFleet({ db: services.core.db, servers: services.servers, log, retryFailed: true })
  if (fleet.applied.length > 0) log.info({ tenants: fleet.applied.length }, "tenants' databases migrated")
  await prepareTokenizer()
  await ensureFirstSuperuser(services)

  const devServer = development ? await (await import('../console/dev-server.ts')).startConsoleDevServer() : undefined
  if (!devServer) await ensureConsoleBuilt()

  let draining = false
  const app = createApp(services, {
    consoleFiles: consoleFiles({ distDir: join(consoleDir, 'dist'), devServerUrl: devServer?.url }),
    isDraining: () => draining,
  }).listen({ port: config.port, hostname: config.hostname })
  const jobs = startJobs(services)
  const url =
    config.publicUrl ?? `http://${config.hostname === '0.0.0.0' ? 'localhost' : config.hostname}:${app.server?.port}`
  log.info({ url, version, mode: config.mode }, 'ready')
  if (development) await printWelcome(services, url)

  const stop = async (reason: string): Promise<void> => {
    if (draining) return
    draining = true
    log.info({ reason, open_answers: services.openAnswers.size }, 'draining')
    // Nobody sends a developer's requests elsewhere.
    const times = development ? { noticedMs: 0, refusedMs: 0 } : {}
    await drain({ openAnswers: services.openAnswers, server: app.server, log, times })
    await app.server?.stop(true)
    await jobs.stop()
    await services.close()
    await devServer?.stop()
    await address.stop()
    log.info('stopped')
    process.exit(0)
  }
  process.on('SIGTERM', () => void stop('SIGTERM'))
  process.on('SIGINT', () => void stop('SIGINT'))
  void address.lost.then(() => {
    if (draining) return
    log.fatal('the embedded database ended by itself')
    process.exit(1)
  })
}

/** Builds the console when it is missing or older than its sources; the image has only what was built. */
async function ensureConsoleBuilt(): Promise<void> {
  if (!(await Bun.file(join(consoleDir, 'build.ts')).exists())) return
  const { buildConsole, isConsoleBuildStale } = await import('../console/build.ts')
  if (await isConsoleBuildStale()) await buildConsole({ quiet: true })
}

async function ensureFirstSuperuser(services: Services): Promise<void> {
  const { superuser, mode } = services.config
  if (await hasSuperuser(services.core.db)) return
  if (!superuser) {
    // In development a link is printed instead.
    if (mode === 'production') services.log.warn(nobodyYet)
    return
  }
  await ensureSuperuser(services, superuser)
  services.log.info('the first superuser was made from SUPERUSER_EMAIL')
}

/** For people at a terminal, past the logger: the link holds the one-time token. */
async function printWelcome(services: Services, url: string): Promise<void> {
  const token = await makeSetupToken(services)
  const lines = [`  Tenantry ${version}`, `  Console   ${url}/console/`, `  API       ${url}/swagger`]
  if (token)
    lines.push('', '  Make the first superuser (once, within an hour):', `  ${url}/console/setup#token=${token}`)
  process.stdout.write(`\n${lines.join('\n')}\n\n`)
}
