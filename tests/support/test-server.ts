import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { lockDataDirectory } from '../../server/data/data-directory-lock.ts'
import { startEmbeddedPostgres } from '../../server/data/embedded-postgres.ts'
import { createLog } from '../../server/platform/log.ts'

/** A PostgreSQL server for tests: `url` is a superuser's, of the database `postgres`. */
export interface TestServer {
  readonly url: string
  /** Takes it down, whoever is connected; its files stay. */
  goDown(): Promise<void>
  /** Starts it again on its files; `url` is another one then. */
  comeBack(): Promise<void>
  /** Ends it and removes its files. */
  stop(): Promise<void>
}

const folderPrefix = 'tenantry-test-server-'
const abandonedAfterMs = 600_000
/** What is lost with the machine's power does not matter here, and not waiting for the disk halves the time. */
const quickSettings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' }

/** Starts a throw-away server in a temporary folder, which `stop` removes. */
export async function startTestServer(settings: Record<string, string> = {}): Promise<TestServer> {
  removeAbandonedFolders()
  const dataDir = mkdtempSync(join(tmpdir(), folderPrefix))
  const log = createLog({ level: 'error', destination: pino.destination({ fd: 2, sync: true }) })
  const start = () =>
    startEmbeddedPostgres({
      dataDir,
      log,
      databaseName: 'postgres',
      settings: { ...quickSettings, ...settings },
    })
  let server = await start()
  return {
    get url() {
      return server.url
    },
    goDown: () => server.stop(),
    async comeBack() {
      server = await start()
    },
    async stop() {
      await server.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

let ownServer: Promise<TestServer> | undefined

/**
 * The server that this test process uses: the one that `tests/run.ts` started or the developer named
 * (TEST_SERVER_URL, TEST_DATABASE_URL), else one of its own, started at the first call.
 */
export async function getTestServerUrl(): Promise<string> {
  const given = process.env.TEST_SERVER_URL || process.env.TEST_DATABASE_URL
  if (given) return given
  ownServer ??= startTestServer()
  return (await ownServer).url
}

/** Stops the server that this process started itself, if it did. */
export async function stopOwnTestServer(): Promise<void> {
  const stopping = ownServer
  ownServer = undefined
  await (await stopping)?.stop()
}

/** Folders of runs that were killed: their servers ended by themselves, their files did not. */
function removeAbandonedFolders(): void {
  for (const name of readdirSync(tmpdir()).filter((name) => name.startsWith(folderPrefix))) {
    const folder = join(tmpdir(), name)
    try {
      if (Date.now() - statSync(folder).mtimeMs < abandonedAfterMs) continue
      lockDataDirectory(folder).release()
      rmSync(folder, { recursive: true, force: true })
    } catch {
      // In use, or another user's.
    }
  }
}
