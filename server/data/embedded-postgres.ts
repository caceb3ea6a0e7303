import { randomBytes } from 'node:crypto'
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import type { Log } from '../platform/log.ts'
import { lockDataDirectory } from './data-directory-lock.ts'
import { embeddedPostgresUnavailable, locatePostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts'
import { choosePostgresUser, spawnAs, type PostgresUser } from './postgres-user.ts'
import { startPostmaster } from './postmaster.ts'

/** A PostgreSQL 18 of our own; `url` is its superuser's, who owns the database. */
export interface EmbeddedPostgres {
  url: string
  port: number
  postmasterPid: number
  /** Resolves when the server has ended, by `stop` or by itself. */
  exited: Promise<void>
  /** Shuts the server down, disconnecting everyone, and gives the data directory back; may be called repeatedly. */
  stop(): Promise<void>
}

const initdbTimeoutMs = 120_000

const defaultSettings: Record<string, string> = {
  max_connections: '200',
  shared_buffers: '128MB',
  // Plans here are short; compiling them costs more than it saves.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '',
  // Failed statements may carry a tenant's text or a secret; whoever sent one logs its own error.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
}

/** Not to be changed by `settings`: who may reach the server. */
const fixedSettings: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  password_encryption: 'scram-sha-256',
}

/**
 * Starts the PostgreSQL that lives in `<dataDir>/postgres`, making it at the first start, on a fresh loopback port.
 * Committed rows survive a kill -9 at any moment, of this process, of the server or of its creation.
 * One process at a time: the directory is locked until `stop` or death, and death also shuts the server down.
 * @param options.settings server settings added to ours, such as `{ fsync: 'off' }` in tests
 * @throws `start.data_dir_in_use`, `start.embedded_postgres_unavailable`
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string
  log: Log
  databaseName?: string
  settings?: Record<string, string>
}): Promise<EmbeddedPostgres> {
  const { log, databaseName = 'tenantry' } = options
  mkdirSync(options.dataDir, { recursive: true })
  const dataDir = realpathSync(options.dataDir)
  const lock = lockDataDirectory(dataDir)
  try {
    const startedAtMs = performance.now()
    const binaries = locatePostgresBinaries({ copyParentDir: dataDir })
    const user = choosePostgresUser({ binaries, dataDir })
    const clusterDir = join(dataDir, 'postgres')
    const isNew = !existsSync(clusterDir)
    const password = readOrMakePassword({ dataDir, isNew })
    await removeUnfinishedClusters(dataDir)
    if (isNew) await createCluster({ binaries, user, dataDir, clusterDir, password })
    giveTo({ user, clusterDir })
    const settings = { ...defaultSettings, ...options.settings, ...fixedSettings }
    const postmaster = await startPostmaster({ binaries, user, clusterDir, settings, log })
    const { port, pid: postmasterPid } = postmaster
    const urlOf = (name: string): string => `postgres://postgres:${password}@127.0.0.1:${port}/${name}`
    try {
      await ensureDatabase({ url: urlOf('postgres'), databaseName })
    } catch (error) {
      await postmaster.stop()
      throw error
    }
    const ms = Math.round(performance.now() - startedAtMs)
    log.info({ port, postmaster_pid: postmasterPid, created: isNew, ms }, 'embedded PostgreSQL started')
    return {
      url: urlOf(databaseName),
      port,
      postmasterPid,
      exited: postmaster.exited,
      async stop() {
        await postmaster.stop()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Written and synced before the cluster exists, so that no crash can leave a cluster whose password is lost. */
function readOrMakePassword(options: { dataDir: string; isNew: boolean }): string {
  const file = join(options.dataDir, 'postgres-password')
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  if (!options.isNew) {
    throw embeddedPostgresUnavailable({
      detail: `${file} is missing, the password of the database beside it. Put it back from a backup.`,
    })
  }
  const password = randomBytes(24).toString('base64url')
  const unfinishedFile = `${file}.new`
  writeFileSync(unfinishedFile, `${password}\n`, { mode: 0o600, flush: true })
  renameSync(unfinishedFile, file)
  syncDirectory(options.dataDir)
  return password
}

/** Leftovers of first starts that were killed; an initdb still writing into one is about to notice and end. */
async function removeUnfinishedClusters(dataDir: string): Promise<void> {
  for (const name of readdirSync(dataDir).filter((name) => name.startsWith('postgres.new-'))) {
    for (let attempt = 0; attempt < 10 && existsSync(join(dataDir, name)); attempt += 1) {
      if (attempt > 0) await Bun.sleep(100)
      try {
        rmSync(join(dataDir, name), { recursive: true, force: true })
      } catch (error) {
        if (attempt === 9) throw error
      }
    }
  }
}

/** Makes the cluster aside and renames it into place, so that it is there whole or not at all. */
async function createCluster(options: {
  binaries: PostgresBinaries
  user: PostgresUser
  dataDir: string
  clusterDir: string
  password: string
}): Promise<void> {
  const { binaries, user, dataDir, clusterDir, password } = options
  const workDir = mkdtempSync(join(dataDir, 'postgres.new-'))
  const passwordFile = join(workDir, 'password')
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (user.uid !== undefined && user.gid !== undefined) {
    for (const path of [passwordFile, workDir]) chownSync(path, user.uid, user.gid)
  }
  const cluster = join(workDir, 'cluster')
  // The builtin provider sorts and folds alike on every machine, so a data directory can be moved.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const access = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
  await runToEnd({ user, command: [binaries.initdb, `--pgdata=${cluster}`, ...locale, ...access] })
  renameSync(cluster, clusterDir)
  syncDirectory(dataDir)
  rmSync(workDir, { recursive: true, force: true })
}

async function runToEnd(options: { user: PostgresUser; command: string[] }): Promise<void> {
  const child = spawnAs({ ...options, stdio: ['ignore', 'ignore', 'pipe'] })
  let complaints = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-4000)
  })
  const deadline = setTimeout(() => child.kill('SIGKILL'), initdbTimeoutMs)
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    if (exitCode !== 0) throw new Error(`initdb ended with ${exitCode}: ${complaints}`)
  } catch (cause) {
    throw embeddedPostgresUnavailable({ detail: 'The embedded database could not be created.', cause })
  } finally {
    clearTimeout(deadline)
  }
}

/** As root: a data directory from another machine, or from before an account was made, changes hands. */
function giveTo(options: { user: PostgresUser; clusterDir: string }): void {
  const { uid, gid } = options.user
  if (uid === undefined || gid === undefined || statSync(options.clusterDir).uid === uid) return
  for (const path of readdirSync(options.clusterDir, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(options.clusterDir, path), uid, gid)
  }
  // Last, because it is what the next start looks at.
  chownSync(options.clusterDir, uid, gid)
}

async function ensureDatabase(options: { url: string; databaseName: string }): Promise<void> {
  const sql = postgres(options.url, { max: 1, connect_timeout: 10, onnotice: () => {} })
  try {
    const found = await sql`select 1 from pg_database where datname = ${options.databaseName}`
    if (found.length === 0) await sql`create database ${sql(options.databaseName)}`
  } finally {
    await sql.end({ timeout: 5 })
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
