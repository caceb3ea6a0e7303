import type { Subprocess } from 'bun'
import { RedisClient } from 'bun'

/** A Redis of one test file, on a free port of loopback. It keeps nothing on disk. */
export interface TestRedis {
  /** `redis://127.0.0.1:<port>` */
  url: string
  /** Kills it; `start` brings an empty one back at the same address. */
  kill(): Promise<void>
  start(): Promise<void>
  /** Lets it hang: connections stay, nothing is answered until `resume`. */
  pause(): void
  resume(): void
  /** Sends a command past the server under test. */
  send(command: string, ...args: string[]): Promise<unknown>
  stop(): Promise<void>
}

const startMsMax = 10_000

/** Whether tests can have a Redis; `describe.skipIf(!canRunRedis())`. Throws without one where REQUIRE_ALL is set. */
export function canRunRedis(): boolean {
  if (Bun.which('redis-server')) return true
  if (process.env.REQUIRE_ALL === '1') throw new Error('REQUIRE_ALL is set, and there is no redis-server in PATH')
  return false
}

/** Starts a Redis. */
export async function startRedis(): Promise<TestRedis> {
  const port = findFreePort()
  const url = `redis://127.0.0.1:${port}`
  let server: Subprocess | undefined
  const signal = (name: NodeJS.Signals): void => server?.kill(name)

  async function kill(): Promise<void> {
    signal('SIGKILL')
    await server?.exited
    server = undefined
  }

  async function start(): Promise<void> {
    server = Bun.spawn(
      ['redis-server', '--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'],
      { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' },
    )
    const giveUpAtMs = performance.now() + startMsMax
    while (!(await answers(url))) {
      if (performance.now() > giveUpAtMs) throw new Error('redis-server did not start')
      await Bun.sleep(20)
    }
  }

  await start()
  return {
    url,
    kill,
    start,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    send: (command, ...args) => withClient(url, (client) => client.send(command, args)),
    stop: kill,
  }
}

async function answers(url: string): Promise<boolean> {
  return withClient(url, (client) => client.send('PING', [])).then(
    () => true,
    () => false,
  )
}

async function withClient<T>(url: string, work: (client: RedisClient) => Promise<T>): Promise<T> {
  const client = new RedisClient(url, { autoReconnect: false, connectionTimeout: 1_000 })
  try {
    await client.connect()
    return await work(client)
  } finally {
    client.close()
  }
}

/** A port that was free a moment ago. */
function findFreePort(): number {
  const probe = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const { port } = probe
  probe.stop(true)
  return port
}
