import { statfs } from 'node:fs/promises'
import { defineError } from './errors.ts'
import type { Log } from './log.ts'

/** The disk of the embedded database is nearly full: what would write is refused, and reading goes on. */
export const storageFull = defineError({ code: 'server.storage_full', status: 507, title: 'The disk is full' })

/** How a disk does. */
export interface DiskSpace {
  /** Too little is left to write. */
  readonly isLow: boolean
  stop(): void
}

const lookedAfterMs = 500
const bytesMin = 64 * 1024 * 1024
/** Some more must be free again before writing goes on, so that it does not come and go. */
const bytesAgain = 96 * 1024 * 1024

/**
 * Watches how much is free where a folder is. PostgreSQL ends itself when its log cannot grow, and then reads fail, too:
 * refusing writes while it still has some room keeps it alive (guarantee D10). What runs may end in that room.
 */
export function watchDiskSpace(options: { folder: string; log: Log }): DiskSpace {
  const { folder, log } = options
  let isLow = false

  async function look(): Promise<void> {
    const { bavail, bsize } = await statfs(folder)
    const bytes = bavail * bsize
    const isLowNow = bytes < (isLow ? bytesAgain : bytesMin)
    if (isLowNow === isLow) return
    isLow = isLowNow
    if (isLow) log.error({ free_bytes: bytes }, 'the disk is nearly full: nothing is written until there is room again')
    else log.info({ free_bytes: bytes }, 'there is room on the disk again')
  }

  const tryToLook = (): void =>
    void look().catch((err: unknown) => log.warn({ err }, 'the disk could not be looked at'))
  tryToLook()
  const looking = setInterval(tryToLook, lookedAfterMs)
  looking.unref()
  return {
    get isLow() {
      return isLow
    },
    stop: () => clearInterval(looking),
  }
}
