import { readFileSync } from 'node:fs'
import type { LoadJob, LoadResult } from './load-job.ts'

/** A process under measurement. */
export interface Child {
  pid: number
  stop(): Promise<void>
}

const ticksPerSecond = 100
const environment = { BUN_CONFIG_MAX_HTTP_REQUESTS: '4000' }

/** Runs `bun <args>` quietly; throws unless it succeeds. */
export async function runToEnd(args: string[], env: Record<string, string> = {}): Promise<void> {
  const child = Bun.spawn([process.execPath, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const [errors, code] = await Promise.all([new Response(child.stderr).text(), child.exited])
  if (code !== 0) throw new Error(`${args[0]} failed: ${errors.slice(-1_000)}`)
}

/** Starts `bun <args>` whose first line on stdout is its URL. */
export async function spawnServer(args: string[]): Promise<Child & { url: string }> {
  const child = Bun.spawn([process.execPath, ...args], {
    env: { ...process.env, ...environment, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const reader = child.stdout.getReader()
  let text = ''
  while (!text.includes('\n')) {
    const { done, value } = await reader.read()
    if (done) throw new Error(`${args[0]} ended before it served`)
    text += Buffer.from(value).toString()
  }
  return { pid: child.pid, url: text.split('\n', 1)[0] ?? '', stop: () => stop(child) }
}

/** Starts the product as in production, its log in a file; resolves when it says that it is ready. */
export async function spawnProduct(options: {
  args: string[]
  env: Record<string, string>
  logFile: string
  startMsMax: number
}): Promise<Child & { url: string }> {
  const child = Bun.spawn([process.execPath, ...options.args], {
    env: { ...process.env, ...environment, ...options.env },
    stdio: ['ignore', Bun.file(options.logFile), 'inherit'],
  })
  const deadlineMs = performance.now() + options.startMsMax
  while (child.exitCode === null && performance.now() < deadlineMs) {
    const url = /"url":"([^"]+)".*"msg":"ready"/.exec(readFileSync(options.logFile, 'utf8'))?.[1]
    if (url) return { pid: child.pid, url, stop: () => stop(child) }
    await Bun.sleep(50)
  }
  await stop(child)
  throw new Error(`the server did not start:\n${readFileSync(options.logFile, 'utf8').slice(-2_000)}`)
}

/** The load generator in a process of its own; one job at a time. */
export function spawnLoadGenerator(): Child & { run(job: LoadJob): Promise<LoadResult> } {
  let settle: ((result: LoadResult) => void) | undefined
  const child = Bun.spawn([process.execPath, `${import.meta.dir}/../load-generator.ts`], {
    stdio: ['ignore', 'inherit', 'inherit'],
    ipc: (result: LoadResult) => settle?.(result),
  })
  return {
    pid: child.pid,
    stop: () => stop(child),
    run: (job) =>
      new Promise((resolve, reject) => {
        settle = resolve
        void child.exited.then(() => reject(new Error('the load generator ended')))
        child.send(job)
      }),
  }
}

/** CPU time that a process has used so far, all its threads, in milliseconds. */
export function readCpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond
}

/** Resident memory of a process, in kB. */
export function readRssKb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
}

async function stop(child: Bun.Subprocess): Promise<void> {
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await child.exited
  clearTimeout(late)
}
