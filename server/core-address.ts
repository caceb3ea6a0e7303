import { startEmbeddedPostgres } from './data/embedded-postgres.ts'
import type { Config } from './platform/config.ts'
import type { Log } from './platform/log.ts'
import type { CoreAddress } from './services.ts'

/** Where the core database is, and how to leave it. */
export interface OpenedCore extends CoreAddress {
  stop(): Promise<void>
  /** Resolves when an embedded server ended by itself; never for an external one. */
  lost: Promise<void>
}

/** The configured database, or the embedded one, started. */
export async function openCoreAddress(config: Config, log: Log): Promise<OpenedCore> {
  if (config.databaseUrl) {
    return {
      databaseUrl: config.databaseUrl,
      directUrl: config.databaseDirectUrl ?? config.databaseUrl,
      stop: () => Promise.resolve(),
      lost: new Promise(() => undefined),
    }
  }
  const embedded = await startEmbeddedPostgres({ dataDir: config.dataDir, log })
  return { databaseUrl: embedded.url, directUrl: embedded.url, stop: () => embedded.stop(), lost: embedded.exited }
}
