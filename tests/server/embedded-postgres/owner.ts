import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** What an owner process says once its server is up. */
export interface OwnerReport {
  startedMs: number
  postmasterPid: number
  numbers: number[]
}

/** A running owner process; `acknowledged` grows as its commits are acknowledged. */
export interface Owner {
  pid: number
  report: Promise<OwnerReport>
  acknowledged: number[]
  /** Resolves once at least so many commits were acknowledged. */
  hasAcknowledged(count: number): Promise<void>
  kill(): Promise<void>
  exited: Promise<number>
  errors: Promise<string>
}

/** Runs `owner-process.ts` of this checkout, or of the checkout given, on a data directory. */
export function startOwner(options: { dataDir: string; mode?: 'insert' | 'stop'; checkoutDir?: string }): Owner {
  const checkoutDir = options.checkoutDir ?? join(import.meta.dir, '../../..')
  const script = join(checkoutDir, 'tests/server/embedded-postgres/owner-process.ts')
  const child = Bun.spawn([process.execPath, script, options.dataDir, options.mode ?? 'insert'], {
    cwd: checkoutDir,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const acknowledged: number[] = []
  const report = Promise.withResolvers<OwnerReport>()
  // Whoever awaits it is told; an owner killed while starting has nobody waiting.
  report.promise.catch(() => {})
  let wake = (): void => {}
  const errors = new Response(child.stderr).text()
  async function readLines(): Promise<void> {
    let rest = ''
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (line.startsWith('{')) report.resolve(JSON.parse(line))
        else acknowledged.push(Number(line))
      }
      wake()
    }
    report.reject(new Error(`the owner process ended: ${await errors}`))
  }
  const reading = readLines()
  return {
    pid: child.pid,
    report: report.promise,
    acknowledged,
    async hasAcknowledged(count) {
      await report.promise
      while (acknowledged.length < count) await new Promise<void>((resolve) => (wake = resolve))
    },
    async kill() {
      child.kill('SIGKILL')
      await child.exited
      await reading
    },
    exited: child.exited,
    errors,
  }
}

/** Command lines of live servers and watchdogs of a data directory, this suite's own processes excepted. */
export function listServerProcesses(dataDir: string): string[] {
  const { stdout } = spawnSync('ps', ['-axww', '-o', 'pid=,stat=,command='], { encoding: 'utf8' })
  const lines = stdout.split('\n').filter((line) => line.includes(join(dataDir, 'postgres')))
  return lines.filter((line) => !/^\s*\d+\s+Z/.test(line))
}

/** Polls until no server process of a data directory is left; rejects after `timeoutMs` with those that are. */
export async function untilNoServerProcess(options: { dataDir: string; timeoutMs: number }): Promise<void> {
  const deadlineMs = performance.now() + options.timeoutMs
  for (;;) {
    const left = listServerProcesses(options.dataDir)
    if (left.length === 0) return
    if (performance.now() > deadlineMs) throw new Error(`orphans: ${left.join('\n')}`)
    await Bun.sleep(50)
  }
}
