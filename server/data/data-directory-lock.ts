import { Database, SQLiteError } from 'bun:sqlite'
import { join } from 'node:path'
import { defineError } from '../platform/errors.ts'

/** Another live process holds the lock of this data directory. */
export const dataDirInUse = defineError({
  code: 'start.data_dir_in_use',
  status: 503,
  title: 'The data directory is in use',
})

/** A held data directory; `release` may be called more than once. */
export interface DataDirectoryLock {
  release(): void
}

// A collected connection would give the lock back silently, so the held ones are kept reachable.
const heldConnections = new Set<Database>()

const waitMs = 500

/**
 * Takes the exclusive lock of an existing data directory, for this process alone and until `release` or death.
 * It is SQLite's own file lock on `<dataDir>/lock`, which the kernel gives back whatever way the process ends, so a
 * kill -9 leaves nothing to clean; a file holding a process id could not tell a dead owner from a reused id.
 * @throws `start.data_dir_in_use`
 */
export function lockDataDirectory(dataDir: string): DataDirectoryLock {
  const connection = new Database(join(dataDir, 'lock'), { create: true })
  try {
    connection.run(`pragma busy_timeout = ${waitMs}`)
    connection.run('begin exclusive')
  } catch (cause) {
    connection.close()
    if (!(cause instanceof SQLiteError) || cause.code !== 'SQLITE_BUSY') throw cause
    throw dataDirInUse({
      detail: `Another process works in ${dataDir}. Stop it, or start this one with another DATA_DIR.`,
      cause,
    })
  }
  heldConnections.add(connection)
  return {
    release() {
      if (!heldConnections.delete(connection)) return
      connection.close()
    },
  }
}
