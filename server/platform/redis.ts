import { createHash } from 'node:crypto'
import type { Log } from './log.ts'
import { openRedisConnection } from './redis-connection.ts'

/** A Lua script, which Redis runs at once and undisturbed. Made by `defineRedisScript`. */
export interface RedisScript {
  source: string
  /** SHA-1 of the source, by which Redis knows it. */
  sha: string
}

/** Redis did not answer, or not in time; whoever asked goes on without it. Never sent to a caller. */
export class RedisUnavailable extends Error {
  constructor(cause?: unknown) {
    super('Redis is not available', { cause })
    this.name = 'RedisUnavailable'
  }
}

/** How Redis does, as the System page shows it. */
export interface RedisHealth {
  status: 'healthy' | 'unhealthy'
  /** Of the last answer; null before the first. */
  latencyMs: number | null
  /** Since when it is so. */
  since: Date
}

/**
 * Shared state of all replicas; nothing in it is the only copy of anything. Every method throws `RedisUnavailable`, at
 * once while Redis is known to be away and else within 60 ms (guarantee D3: no request waits more than 100 ms), so each
 * use has a way to go on without it.
 */
export interface Redis {
  /** False while commands would be refused at once. */
  readonly isAvailable: boolean
  /** How often it has connected: between two connections Redis may have forgotten anything, or remembered what is old. */
  readonly connections: number
  /** A key of this installation: `tenantry:<installation>:<parts joined by ":">`. Name the tenant in it (guarantee A8). */
  key(...parts: string[]): string
  /** Sends one command. What it answers is for the caller to check. */
  send(command: string, args: readonly string[]): Promise<unknown>
  /** Runs a script, by its name if Redis knows it. Keys are made by `key`. */
  run(script: RedisScript, call: { keys: readonly string[]; args: readonly string[] }): Promise<unknown>
  /**
   * Hears what is published to a channel (named by `key`) from now on; returns how to stop. It survives lost connections,
   * but what was published meanwhile was not heard: read it up from where it is kept.
   */
  subscribe(channel: string, listener: (message: string) => void): Promise<() => void>
  health(): RedisHealth
  close(): void
}

/** Makes a script out of Lua. */
export function defineRedisScript(source: string): RedisScript {
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}

const commandTimeoutMsDefault = 60
const lookedAfterEveryMs = 1_000

/**
 * Connects to Redis and stays connected. A command that is not answered in time takes the connection down with it, so
 * that a hung server costs the first request alone; each second somebody asks whether it still answers, so that often it
 * costs none. Resolves after the first attempt, whether or not it went well.
 */
export async function createRedis(options: {
  url: string
  installationId: string
  log: Log
  now: () => Date
  commandTimeoutMs?: number
}): Promise<Redis> {
  const { log, now, commandTimeoutMs = commandTimeoutMsDefault } = options
  let status: RedisHealth['status'] = 'unhealthy'
  let since = now()
  let latencyMs: number | null = null
  let connections = 0

  function note(next: RedisHealth['status']): void {
    if (status === next) return
    status = next
    since = now()
  }

  const subscriptions = createSubscriptions(options.url)
  const connection = openRedisConnection(options.url, {
    onOpen: async () => {
      if (status === 'unhealthy') log.info('redis answers')
      note('healthy')
      connections++
    },
    onLost: (err) => {
      log.warn({ err }, 'redis is not available; every replica goes by itself until it is back')
      note('unhealthy')
      subscriptions.drop(err)
    },
  })

  async function send(command: string, args: readonly string[]): Promise<unknown> {
    const { client } = connection
    if (!client) throw new RedisUnavailable()
    const startedMs = performance.now()
    try {
      const reply: unknown = await answeredInTime(client.send(command, [...args]), commandTimeoutMs)
      latencyMs = performance.now() - startedMs
      return reply
    } catch (error) {
      // What Redis refuses by itself (out of memory, still loading) is no reason to connect anew.
      if (!isReply(error)) connection.drop(client, error)
      throw new RedisUnavailable(error)
    }
  }

  const looking = setInterval(() => void send('PING', []).catch(() => undefined), lookedAfterEveryMs)
  looking.unref()
  const err = await connection.tried
  if (!connection.client) log.warn({ err }, 'redis does not answer; every replica goes by itself until it does')

  return {
    get isAvailable() {
      return connection.client !== undefined
    },
    get connections() {
      return connections
    },
    key: (...parts) => ['tenantry', options.installationId, ...parts].join(':'),
    send,
    async run({ sha, source }, { keys, args }) {
      const rest = [String(keys.length), ...keys, ...args]
      try {
        return await send('EVALSHA', [sha, ...rest])
      } catch (error) {
        if (!(error instanceof RedisUnavailable) || !isUnknownScript(error.cause)) throw error
        return send('EVAL', [source, ...rest])
      }
    },
    async subscribe(channel, listener) {
      const { taken, stop } = subscriptions.add(channel, listener)
      try {
        await answeredInTime(taken, commandTimeoutMs)
        return stop
      } catch (error) {
        stop()
        throw new RedisUnavailable(error)
      }
    },
    health: () => ({ status, latencyMs, since }),
    close() {
      clearInterval(looking)
      subscriptions.close()
      connection.close()
    },
  }
}

/** Channels and who listens to them, over a connection of their own: one that listens may not do much else. */
function createSubscriptions(url: string) {
  const listeners = new Map<string, Set<(message: string) => void>>()
  /** What the present connection is told of. */
  let taken = new Set<string>()
  const tell = (message: string, channel: string): void => {
    for (const listener of listeners.get(channel) ?? []) listener(message)
  }
  const connection = openRedisConnection(url, {
    // A new connection takes up every channel there is.
    async onOpen(client) {
      taken = new Set(listeners.keys())
      if (taken.size > 0) await client.subscribe([...taken], tell)
    },
  })

  async function take(channel: string): Promise<void> {
    await connection.tried
    const { client } = connection
    if (!client) throw new RedisUnavailable()
    // Bun would tell a channel that is taken twice twice.
    if (taken.has(channel)) return
    taken.add(channel)
    await client.subscribe(channel, tell)
  }

  async function leave(channel: string, listener: (message: string) => void): Promise<void> {
    const known = listeners.get(channel)
    known?.delete(listener)
    if (known?.size !== 0) return
    listeners.delete(channel)
    if (taken.delete(channel)) await connection.client?.unsubscribe(channel)
  }

  return {
    add(channel: string, listener: (message: string) => void): { taken: Promise<void>; stop: () => void } {
      const known = listeners.get(channel) ?? new Set()
      listeners.set(channel, known.add(listener))
      return { taken: take(channel), stop: () => void leave(channel, listener).catch(() => undefined) }
    },
    drop: (reason: unknown) => connection.drop(connection.client, reason),
    close: () => connection.close(),
  }
}

/**
 * The answer, if it comes in time. A process that was busy for longer looks at its sockets once more before it gives up:
 * timers run before what arrived is read.
 */
async function answeredInTime<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  const late = Symbol('late')
  const { promise: waited, resolve } = Promise.withResolvers<typeof late>()
  const timer = setTimeout(() => setImmediate(() => setImmediate(() => resolve(late))), timeoutMs)
  try {
    const first = await Promise.race([answer, waited])
    if (first === late) {
      // It will be refused when the connection is given up.
      answer.catch(() => undefined)
      throw new Error(`no answer within ${timeoutMs} ms`)
    }
    return first
  } finally {
    clearTimeout(timer)
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function isReply(error: unknown): boolean {
  return codeOf(error) === 'ERR_REDIS_SERVER_ERROR'
}

function isUnknownScript(error: unknown): boolean {
  return isReply(error) && error instanceof Error && error.message.startsWith('NOSCRIPT')
}
