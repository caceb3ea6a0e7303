import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Log } from '../platform/log.ts'
import { embeddedPostgresUnavailable, type PostgresBinaries } from './postgres-binaries.ts'
import { spawnAs, type PostgresUser } from './postgres-user.ts'

/** A running server process; `stop` is idempotent, and `exited` resolves whatever way it ends. */
export interface Postmaster {
  pid: number
  port: number
  exited: Promise<void>
  stop(): Promise<void>
}

const pollMs = 10
const formerShutdownMs = 3_000
const fastShutdownMs = 8_000
const startRetryMs = 10_000
const startTimeoutMs = 600_000

/**
 * Starts the server on a free loopback port and waits until it accepts connections, crash recovery included.
 * It retries for 10 s what passes by itself: a lost race for the port, last processes of a killed predecessor.
 * If this process dies, however it dies, a watchdog shuts the server down.
 * @throws `start.embedded_postgres_unavailable`
 */
export async function startPostmaster(options: {
  binaries: PostgresBinaries
  user: PostgresUser
  clusterDir: string
  settings: Record<string, string>
  log: Log
}): Promise<Postmaster> {
  const startedAtMs = performance.now()
  await endFormerPostmaster(options)
  for (;;) {
    try {
      return await tryToStart(options)
    } catch (cause) {
      const passing =
        cause instanceof Error && /still in use|already exists|could not bind|not create any TCP/.test(cause.message)
      if (!passing || performance.now() - startedAtMs > startRetryMs) {
        throw embeddedPostgresUnavailable({ detail: 'The embedded PostgreSQL did not start; its log says why.', cause })
      }
      await Bun.sleep(200)
    }
  }
}

async function tryToStart(options: {
  binaries: PostgresBinaries
  user: PostgresUser
  clusterDir: string
  settings: Record<string, string>
  log: Log
}): Promise<Postmaster> {
  const { clusterDir, log } = options
  const port = await findFreePort()
  const settings = { ...options.settings, port: String(port) }
  const settingWords = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  // Before the server, so that there is no moment at which our death would leave it alone.
  const watchdog = startWatchdog(clusterDir)
  const child = spawnAs({
    user: options.user,
    command: [options.binaries.postgres, '-D', clusterDir, ...settingWords],
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const lastLines = forwardLog({ child, log })
  let isStopping = false
  let hasExited = false
  let spawnFailure: Error | undefined
  const { promise: exited, resolve: resolveExited } = Promise.withResolvers<void>()
  function noteExit(error?: Error): void {
    if (error) spawnFailure = error
    hasExited = true
    endWatchdog(watchdog)
    resolveExited()
  }
  child.once('error', noteExit)
  child.once('exit', () => noteExit())
  const pid = child.pid
  if (pid === undefined) {
    await exited
    throw spawnFailure ?? new Error('PostgreSQL could not be spawned')
  }
  watchdog.stdin?.write(`${pid}\n`)
  child.unref()

  async function stop(): Promise<void> {
    if (!isStopping) {
      isStopping = true
      child.kill('SIGINT')
    }
    if (await settlesWithin({ promise: exited, timeoutMs: fastShutdownMs })) return
    log.warn('embedded PostgreSQL is slow to shut down; ending it at once, it recovers at the next start')
    child.kill('SIGQUIT')
    if (await settlesWithin({ promise: exited, timeoutMs: fastShutdownMs })) return
    child.kill('SIGKILL')
    await exited
  }

  const deadlineMs = performance.now() + startTimeoutMs
  while (!isReady({ clusterDir, pid })) {
    if (hasExited) throw new Error(`PostgreSQL ended while starting: ${lastLines.join('\n')}`)
    if (performance.now() > deadlineMs) {
      await stop()
      throw new Error(`PostgreSQL was not ready after ${startTimeoutMs} ms`)
    }
    await Bun.sleep(pollMs)
  }
  void exited.then(() =>
    isStopping ? undefined : log.error({ postmaster_pid: pid }, 'embedded PostgreSQL ended by itself'),
  )
  return { pid, port, exited, stop }
}

/**
 * Waits for a server that a killed predecessor left behind, which its watchdog is shutting down, and hurries it after
 * 3 s. A process id that has meanwhile gone to some other program is struck out of the lock file; the file stays,
 * because PostgreSQL finds in it the shared memory of any last backend that still writes.
 */
async function endFormerPostmaster(options: { clusterDir: string; log: Log }): Promise<void> {
  const { clusterDir, log } = options
  const lockFile = join(clusterDir, 'postmaster.pid')
  const pid = readLockFile(clusterDir).pid
  if (pid === undefined || !isAlive(pid)) return
  if (!isPostmasterOf({ pid, clusterDir })) {
    const lines = readFileSync(lockFile, 'utf8').split('\n')
    writeFileSync(lockFile, ['999999999', ...lines.slice(1)].join('\n'))
    return
  }
  log.info({ pid }, 'waiting for the former embedded PostgreSQL to shut down')
  const gone = (): boolean => !isPostmasterOf({ pid, clusterDir })
  if (await becomesTrue({ condition: gone, timeoutMs: formerShutdownMs })) return
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    process.kill(pid, signal)
    if (await becomesTrue({ condition: gone, timeoutMs: formerShutdownMs })) return
  }
}

/** The server's lock file says who it is and, in its eighth line, how far it is. */
function readLockFile(clusterDir: string): { pid: number | undefined; status: string } {
  try {
    const lines = readFileSync(join(clusterDir, 'postmaster.pid'), 'utf8').split('\n')
    return { pid: Number.parseInt(lines[0] ?? '', 10) || undefined, status: (lines[7] ?? '').trim() }
  } catch {
    return { pid: undefined, status: '' }
  }
}

function isReady(options: { clusterDir: string; pid: number }): boolean {
  const { pid, status } = readLockFile(options.clusterDir)
  return pid === options.pid && status === 'ready'
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function isPostmasterOf(options: { pid: number; clusterDir: string }): boolean {
  const { pid, clusterDir } = options
  if (!isAlive(pid)) return false
  try {
    // A zombie, under a first process that does not reap, still has its name but no working directory.
    const program = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] ?? ''
    return program.endsWith('postgres') && readlinkSync(`/proc/${pid}/cwd`) === clusterDir
  } catch {
    const command = spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? ''
    return command.includes('postgres') && command.includes(clusterDir)
  }
}

const watchdogScript = `
trap '' HUP INT TERM
read -r pid
cat >/dev/null
if [ -z "$pid" ]; then sleep 1; read -r pid <"$1/postmaster.pid" || exit 0; fi
kill -INT "$pid" || exit 0
for second in 1 2 3 4 5 6 7 8; do sleep 1; kill -0 "$pid" || exit 0; done
kill -QUIT "$pid"
`

/**
 * A shell whose standard input is a pipe from us: the kernel closes it when we die, even by kill -9, and the shell
 * then shuts the server down. In a session of its own and deaf to signals, so as not to be the first to go.
 */
function startWatchdog(clusterDir: string): ChildProcess {
  const watchdog = spawn('sh', ['-c', watchdogScript, 'tenantry-postgres-watchdog', clusterDir], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
  })
  // Nobody is left to be told: a watchdog that died is noticed only when it is ended.
  watchdog.on('error', () => {})
  watchdog.stdin?.on('error', () => {})
  watchdog.unref()
  return watchdog
}

function endWatchdog(watchdog: ChildProcess): void {
  if (watchdog.pid === undefined) return
  try {
    process.kill(-watchdog.pid, 'SIGKILL')
  } catch {
    // Already gone.
  }
}

/** Passes the server's log on as our own and keeps the last lines for an error's cause. */
function forwardLog(options: { child: ChildProcess; log: Log }): string[] {
  const { child, log } = options
  const lastLines: string[] = []
  if (!child.stderr) return lastLines
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastLines.push(line)
    if (lastLines.length > 20) lastLines.shift()
    if (line.startsWith('PANIC') || line.includes('was terminated by signal')) log.error({ postgres: line }, 'postgres')
    else if (line.startsWith('FATAL')) log.warn({ postgres: line }, 'postgres')
    else log.debug({ postgres: line }, 'postgres')
  })
  return lastLines
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no free loopback port'))
        else resolve(address.port)
      })
    })
  })
}

async function becomesTrue(options: { condition: () => boolean; timeoutMs: number }): Promise<boolean> {
  const deadlineMs = performance.now() + options.timeoutMs
  while (!options.condition()) {
    if (performance.now() > deadlineMs) return false
    await Bun.sleep(pollMs)
  }
  return true
}

async function settlesWithin(options: { promise: Promise<void>; timeoutMs: number }): Promise<boolean> {
  const timer = Promise.withResolvers<false>()
  const handle = setTimeout(() => timer.resolve(false), options.timeoutMs)
  try {
    return await Promise.race([options.promise.then(() => true), timer.promise])
  } finally {
    clearTimeout(handle)
  }
}
