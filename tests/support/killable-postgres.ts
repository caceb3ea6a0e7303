import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../server/data/embedded-postgres.ts'
import { createLog } from '../../server/platform/log.ts'
import { startTcpProxy } from './tcp-proxy.ts'

/** A PostgreSQL of one test file that may be killed; its address and its files stay, and it syncs as in production. */
export interface KillablePostgres {
  /** Of its superuser, who owns the database. */
  readonly ownerUrl: string
  /** Kills every process of it at once, so that none can clean up. */
  killHard(): Promise<void>
  /** Stops it `immediate`, as in an emergency: connections end without a word, nothing is written any more. */
  stopImmediately(): Promise<void>
  /** Starts it again on its files; resolves once it has recovered. */
  comeBack(): Promise<void>
  /** Ends it and removes its files. */
  stop(): Promise<void>
}

/** Starts one. */
export async function startKillablePostgres(): Promise<KillablePostgres> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tenantry-test-killable-'))
  const log = createLog({ level: 'silent', destination: { write: () => undefined } })
  const start = (): Promise<EmbeddedPostgres> => startEmbeddedPostgres({ dataDir, log })
  let server = await start()
  const proxy = await startTcpProxy(server.port)
  const url = new URL(server.url)
  url.port = String(proxy.port)

  async function end(kill: () => void): Promise<void> {
    proxy.pointTo(undefined)
    kill()
    await server.exited
    // Gives the data directory back.
    await server.stop()
  }

  return {
    ownerUrl: url.toString(),
    killHard: () => end(() => killFamily(server.postmasterPid)),
    stopImmediately: () => end(() => process.kill(server.postmasterPid, 'SIGQUIT')),
    async comeBack() {
      server = await start()
      proxy.pointTo(server.port)
    },
    async stop() {
      await proxy.stop()
      await server.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** The postmaster first, or it would see its backends die and begin a recovery of its own. */
function killFamily(postmasterPid: number): void {
  const children = listChildren(postmasterPid)
  for (const pid of [postmasterPid, ...children]) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It was about to end.
    }
  }
}

function listChildren(parentPid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        // `pid (name) state parent …`; the name may hold anything, so it is read from its last bracket on.
        const [, parent] = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
        return Number(parent) === parentPid
      } catch {
        return false
      }
    })
    .map(Number)
}
