import { RedisClient } from 'bun'

/** One connection to Redis that is made anew whenever it is lost. */
export interface RedisConnection {
  /** The connection as it is, or undefined while there is none that answers. */
  readonly client: RedisClient | undefined
  /** Resolves once the first attempt has ended, with why it failed if it did. */
  readonly tried: Promise<unknown>
  /**
   * Gives the present connection up, as when it does not answer any more, and makes another. Of several who ask for the
   * same one, the first does it.
   */
  drop(client: RedisClient | undefined, reason: unknown): void
  close(): void
}

/** What is told of a connection. */
export interface RedisConnectionEvents {
  /** It answers; runs before commands are let through, and a failure of it counts as a failed attempt. */
  onOpen?: (client: RedisClient) => Promise<void>
  onLost?: (reason: unknown) => void
}

const connectTimeoutMs = 500
const retriedAfterMsMin = 50
const retriedAfterMsMax = 1_000

/**
 * Opens a connection to `redis://` or `rediss://` and keeps it open. Bun's own reconnecting is not used: a client whose
 * first attempt failed, or that was closed because the server hangs, never comes back.
 */
export function openRedisConnection(url: string, events: RedisConnectionEvents = {}): RedisConnection {
  let current: RedisClient | undefined
  let isClosed = false
  let retry: ReturnType<typeof setTimeout> | undefined
  const first = Promise.withResolvers<unknown>()

  function lose(client: RedisClient, reason: unknown): void {
    if (current !== client) return
    current = undefined
    client.close()
    if (isClosed) return
    events.onLost?.(reason)
    void connect(retriedAfterMsMin)
  }

  async function connect(retriedAfterMs: number): Promise<void> {
    const client = new RedisClient(url, {
      autoReconnect: false,
      enableOfflineQueue: false,
      connectionTimeout: connectTimeoutMs,
    })
    // A server that takes the connection and then says nothing does not answer `HELLO` either, but may answer it slowly.
    const impatience = setTimeout(() => client.close(), 2 * connectTimeoutMs)
    try {
      await client.connect()
      await client.send('PING', [])
      await events.onOpen?.(client)
      if (isClosed) throw new Error('closed meanwhile')
      current = client
      // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the client is no EventTarget
      client.onclose = (error) => lose(client, error)
      if (!client.connected) lose(client, new Error('the connection ended at once'))
      first.resolve(undefined)
    } catch (error) {
      first.resolve(error)
      client.close()
      if (isClosed) return
      retry = setTimeout(() => void connect(Math.min(2 * retriedAfterMs, retriedAfterMsMax)), retriedAfterMs)
      retry.unref()
    } finally {
      clearTimeout(impatience)
    }
  }

  void connect(retriedAfterMsMin)
  return {
    get client() {
      return current
    },
    tried: first.promise,
    drop(client, reason) {
      if (client) lose(client, reason)
    },
    close() {
      isClosed = true
      clearTimeout(retry)
      current?.close()
      current = undefined
    },
  }
}
