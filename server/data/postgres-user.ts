import { spawn, spawnSync, type ChildProcess, type StdioOptions } from 'node:child_process'
import { embeddedPostgresUnavailable, type PostgresBinaries } from './postgres-binaries.ts'

/** Who the PostgreSQL programs run as, and how to get there; `uid` is undefined when it is simply ourselves. */
export interface PostgresUser {
  uid: number | undefined
  gid: number | undefined
  /** Words put before the program's own command line. */
  commandPrefix: string[]
}

/**
 * Decides who runs PostgreSQL, which refuses root: ourselves, or as root an unprivileged account that can reach both
 * the programs and the data directory, proved by trying.
 *
 * A clone below a folder closed to others (`/root` is 700) is reached by one inherited capability: reading past
 * closed folders, or where the container lacks that, overriding their modes. `no_setuid_fixup` goes with it because
 * access(2), with which PostgreSQL checks its programs, otherwise ignores the capabilities of everyone but root.
 * @throws `start.embedded_postgres_unavailable`
 */
export function choosePostgresUser(options: { binaries: PostgresBinaries; dataDir: string }): PostgresUser {
  const candidates: PostgresUser[] = []
  if (process.getuid?.() === 0) {
    const { uid, gid } = findUnprivilegedAccount()
    candidates.push({ uid, gid, commandPrefix: [] })
    for (const capability of ['dac_read_search', 'dac_override']) {
      candidates.push({ uid, gid, commandPrefix: dropRootKeeping({ capability, uid, gid }) })
    }
  } else {
    candidates.push({ uid: undefined, gid: undefined, commandPrefix: [] })
  }
  const problems: string[] = []
  for (const user of candidates) {
    const problem = findAccessProblem({ ...options, user })
    if (problem === undefined) return user
    problems.push(problem)
  }
  throw embeddedPostgresUnavailable({
    detail: `The PostgreSQL programs do not run here (${problems[0]}). Set DATABASE_URL to a PostgreSQL server instead.`,
    cause: new Error(problems.join('\n')),
  })
}

/** Starts a program as that user in a session of its own, so that a terminal's Ctrl-C does not reach it. */
export function spawnAs(options: { user: PostgresUser; command: string[]; stdio: StdioOptions }): ChildProcess {
  const { user } = options
  const [program = '', ...words] = user.commandPrefix.concat(options.command)
  return spawn(program, words, { ...identityOf(user), cwd: '/', detached: true, stdio: options.stdio, env: childEnv() })
}

function identityOf(user: PostgresUser): { uid?: number; gid?: number } {
  // With a prefix it is the prefix's program that changes the identity: it needs root to keep the capability.
  if (user.uid === undefined || user.commandPrefix.length > 0) return {}
  return { uid: user.uid, gid: user.gid }
}

/** Our environment holds secrets and PG* settings that are not meant for this server. */
function childEnv(): Record<string, string> {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
}

function dropRootKeeping(options: { capability: string; uid: number; gid: number }): string[] {
  const { capability, uid, gid } = options
  const identity = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
  const kept = [`--inh-caps=+${capability}`, `--ambient-caps=+${capability}`, '--securebits=+no_setuid_fixup']
  return ['setpriv', ...kept, ...identity, '--']
}

/** Undefined when the user can enter the data directory and run the server's program, else what went wrong. */
function findAccessProblem(options: {
  user: PostgresUser
  binaries: PostgresBinaries
  dataDir: string
}): string | undefined {
  const { user, binaries, dataDir } = options
  const script = 'cd -- "$1" && exec "$2" --version'
  const [program = '', ...words] = user.commandPrefix.concat(['sh', '-c', script, 'sh', dataDir, binaries.postgres])
  const tried = spawnSync(program, words, { ...identityOf(user), cwd: '/', env: childEnv(), encoding: 'utf8' })
  if (tried.error) return tried.error.message
  // Refused by access(2) alone, a closed folder is only a complaint here, but initdb fails on it.
  const complaint = tried.stderr.trim()
  if (tried.status === 0 && !complaint.includes('Permission denied')) return undefined
  return complaint || `exit code ${tried.status}`
}

function findUnprivilegedAccount(): { uid: number; gid: number } {
  const existing = findAccount('postgres')
  if (existing) return existing
  const debian = ['useradd', '--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres']
  const alpine = ['adduser', '-S', '-D', '-H', '-s', '/sbin/nologin', 'postgres']
  for (const [program = '', ...words] of [debian, alpine]) {
    spawnSync(program, words, { stdio: 'ignore' })
    const created = findAccount('postgres')
    if (created) return created
  }
  const nobody = findAccount('nobody')
  if (nobody) return nobody
  throw embeddedPostgresUnavailable({
    detail: 'PostgreSQL refuses to run as root and no other account could be found or made. Set DATABASE_URL instead.',
  })
}

function findAccount(name: string): { uid: number; gid: number } | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) => {
    const answer = spawnSync('id', [flag, name], { encoding: 'utf8' })
    return answer.status === 0 ? Number.parseInt(answer.stdout, 10) : 0
  })
  // An account of that name with root's own number would be refused just like root.
  return uid && gid ? { uid, gid } : undefined
}
