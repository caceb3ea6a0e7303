import postgres from 'postgres'
import { withDeadline } from '../platform/deadline.ts'
import type { Log } from '../platform/log.ts'

/** What changed: a kind (`user`, `tenant`, `session`, `tenant_user`, `prices`, `stop_stream`) and the ids that name the row. */
export interface Change {
  kind: string
  ids: string[]
}

/** Hears of every change that decides over access, from all replicas and from SQL typed by hand. */
export interface ChangeFeed {
  /** False while the listening connection is lost: then nothing in memory may be trusted. */
  isListening(): boolean
  /** Calls back for each change; `undefined` means anything may have changed. */
  onChange(listener: (change: Change | undefined) => void): void
  /** Tells the listeners of this process at once; the database tells the others. */
  announce(change: Change): void
  stop(): Promise<void>
}

/** What listening connections call themselves; replicas are counted by it. */
export const listeningName = 'tenantry listen'

/** Where changes are told: a kind, then ids, between spaces. */
export const changesChannel = 'tenantry_changes'
const pingEveryMs = 500
const pingTimeoutMs = 500

/**
 * Listens on a connection of its own, pinged twice a second: a change is heard, or its loss is noticed, within 1 s
 * (design §4). When the connection comes back, `undefined` is announced, as notifications may have been missed.
 * @param directUrl the owner's direct connection: LISTEN does not work through a pooler in transaction mode
 */
export async function startChangeFeed(options: { directUrl: string; log: Log }): Promise<ChangeFeed> {
  const listeners: ((change: Change | undefined) => void)[] = []
  let listening = false
  let stopped = false
  let current: postgres.Sql | undefined

  const tell = (change: Change | undefined): void => {
    for (const listener of listeners) listener(change)
  }

  async function connect(): Promise<void> {
    const connection = postgres(options.directUrl, {
      max: 1,
      idle_timeout: 0,
      max_lifetime: null,
      connect_timeout: 3,
      fetch_types: false,
      onnotice: () => undefined,
      connection: { application_name: listeningName },
      onclose: () => {
        if (current === connection) lose('the connection was closed')
      },
      ...notificationHandler((_, payload) => tell(parseChange(payload))),
    })
    try {
      await withDeadline(
        connection.unsafe(`listen ${changesChannel}`).execute(),
        4_000,
        () => new Error('listen timed out'),
      )
    } catch (error) {
      void connection.end({ timeout: 0 }).catch(() => undefined)
      throw error
    }
    current = connection
    listening = true
    tell(undefined)
  }

  function lose(reason: string): void {
    const lost = current
    current = undefined
    if (listening && !stopped)
      options.log.warn({ reason }, 'change feed lost, reading from the database until it is back')
    listening = false
    void lost?.end({ timeout: 0 }).catch(() => undefined)
  }

  async function watch(): Promise<void> {
    for (;;) {
      await Bun.sleep(pingEveryMs)
      if (stopped) return
      try {
        if (current) {
          await withDeadline(current`select 1`.execute(), pingTimeoutMs, () => new Error('ping timed out'))
        } else {
          await connect()
          options.log.info('change feed is back')
        }
      } catch (error) {
        lose(error instanceof Error ? error.message : 'unknown')
      }
    }
  }

  await connect()
  const watching = watch()
  return {
    isListening: () => listening,
    onChange: (listener) => listeners.push(listener),
    announce: tell,
    async stop() {
      stopped = true
      const last = current
      current = undefined
      await last?.end({ timeout: 1 }).catch(() => undefined)
      await watching
    },
  }
}

/** postgres.js hands notifications to this option; its type declarations leave it out. */
function notificationHandler(onnotify: (channel: string, payload: string) => void): object {
  return { onnotify }
}

function parseChange(payload: string): Change | undefined {
  const [kind, ...ids] = payload.split(' ')
  return !kind || kind === 'everything' || (ids.length === 0 && kind !== 'prices') ? undefined : { kind, ids }
}
