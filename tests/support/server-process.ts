import { join } from 'node:path'

const root = join(import.meta.dir, '../..')

/** The product's server in a process of its own, as `bun run start` starts it. */
export interface ServerProcess {
  url: string
  pid: number
  /** What it wrote so far. */
  output(): string
  /** Kills it without a chance to clean up. */
  killHard(): Promise<void>
  /** Asks it to stop; the exit code. */
  stop(): Promise<number>
}

/** Starts the server and waits until it is ready; rejects with its output when it ends before. */
export async function startServerProcess(env: Record<string, string>): Promise<ServerProcess> {
  const { PATH = '', HOME = '' } = process.env
  const child = Bun.spawn([process.execPath, 'server/main.ts'], {
    cwd: root,
    env: {
      PATH,
      HOME,
      HOST: '127.0.0.1',
      PORT: '0',
      REQUESTS_PER_MINUTE_MAX: '1000000',
      BUN_CONFIG_MAX_HTTP_REQUESTS: '4000',
      ...env,
    },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  let output = ''
  const { promise: ready, resolve, reject } = Promise.withResolvers<string>()
  const collect = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder()
    for await (const chunk of stream) {
      output += decoder.decode(chunk, { stream: true })
      const url = /"url":"(http:[^"]+)"[^\n]*"msg":"ready"/.exec(output)?.[1]
      if (url) resolve(url)
    }
  }
  void Promise.all([collect(child.stdout), collect(child.stderr), child.exited]).then(() =>
    reject(new Error(`the server ended before it was ready:\n${output}`)),
  )
  const url = await ready
  return {
    url,
    pid: child.pid,
    output: () => output,
    async killHard() {
      child.kill('SIGKILL')
      await child.exited
    },
    async stop() {
      child.kill('SIGTERM')
      return child.exited
    },
  }
}
