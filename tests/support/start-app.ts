import { consoleDistDir } from '../../console/build.ts'
import { createApp } from '../../server/app.ts'
import { migrateCore } from '../../server/data/migrate.ts'
import type { ModelDeadlines } from '../../server/external/language-model.ts'
import { consoleFiles } from '../../server/http/console-files.ts'
import { startJobs } from '../../server/jobs.ts'
import { type Clock, systemClock } from '../../server/platform/clock.ts'
import { readConfig } from '../../server/platform/config.ts'
import { createLog } from '../../server/platform/log.ts'
import { createServices, type Services } from '../../server/services.ts'
import { createTestDatabase, type TestDatabase } from './databases.ts'

/** A server under test, on loopback, in this process, with a database of its own. */
export interface TestApp {
  /** `http://127.0.0.1:<port>` */
  url: string
  services: Services
  database: TestDatabase
  app: ReturnType<typeof createApp>
  /** Every line the server has logged so far. */
  logLines: string[]
  /** A second server over the same database: another replica. */
  startReplica(): Promise<TestApp>
  stop(): Promise<void>
}

/** How a server under test differs from a plain development server. */
export interface TestAppOptions {
  env?: Record<string, string>
  database?: TestDatabase
  clock?: Clock
  /** Instead of 30, 20 and 300 seconds. */
  modelDeadlines?: Partial<ModelDeadlines>
  /** Name servers (`address:port`) instead of the system's. */
  dnsServers?: string[]
  /** `migrate` for databases that do not come from the template. */
  migrate?: boolean
  /** Serves the built console, too; `ensureConsoleBuilt` of `browser.ts` sees to it that there is one. */
  withConsole?: boolean
}

/** The secrets of every server under test; canary tests look for them. */
export const testSecrets = {
  SECRET_KEY: 'canary-secret-key-0123456789abcdefghijklmnop',
  JWT_SECRET_KEY: 'canary-jwt-secret-key-0123456789abcdefghij',
}

/** Starts a server. Without options: development mode, offline model allowed, loopback upstreams allowed. */
export async function startApp(options: TestAppOptions = {}): Promise<TestApp> {
  const database = options.database ?? (await createTestDatabase())
  if (options.migrate) await migrateCore(database.ownerUrl)
  const started = await startOn(database, options)
  return {
    ...started,
    async stop() {
      await started.stop()
      if (!options.database) await database.drop()
    },
  }
}

async function startOn(database: TestDatabase, options: TestAppOptions): Promise<TestApp> {
  const logLines: string[] = []
  const log = createLog({ level: 'info', destination: { write: (line: string) => void logLines.push(line) } })
  const config = await readConfig({
    NODE_ENV: 'development',
    DATABASE_URL: database.ownerUrl,
    DATABASE_POOL_MAX: '6',
    ALLOW_LOOPBACK_UPSTREAMS: 'true',
    REQUESTS_PER_MINUTE_MAX: '1000000',
    ...testSecrets,
    ...options.env,
  })
  const services = await createServices({
    config,
    address: { databaseUrl: database.ownerUrl, directUrl: database.ownerUrl },
    log,
    clock: options.clock ?? systemClock,
    modelDeadlines: options.modelDeadlines,
    dnsServers: options.dnsServers,
  })
  let draining = false
  const app = createApp(services, {
    consoleFiles: consoleFiles({ distDir: options.withConsole ? consoleDistDir : '/nonexistent' }),
    isDraining: () => draining,
  }).listen({ port: 0, hostname: '127.0.0.1' })
  const jobs = startJobs(services)
  return {
    url: `http://127.0.0.1:${app.server?.port}`,
    services,
    database,
    app,
    logLines,
    startReplica: () => startOn(database, options),
    async stop() {
      draining = true
      await app.server?.stop(true)
      await jobs.stop()
      await services.close()
    },
  }
}
