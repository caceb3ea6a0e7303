import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { buildConsole, isConsoleBuildStale } from '../console/build.ts'
import { startTestServer } from './support/test-server.ts'

/**
 * `bun run test [--full] [file filter …] [bun test flags …]`: all tests against one throw-away PostgreSQL, or the
 * server of TEST_DATABASE_URL. Files run beside each other, one process a core; `*.alone.test.ts`, which measure, run
 * afterwards one by one. Ends with the line `N passed, N failed, N skipped` and the tests' exit code.
 */
const root = join(import.meta.dir, '..')
const timings = join(root, 'node_modules/.cache/tenantry/test-timings.json')
const flagsWithValue = new Set(['-t', '--test-name-pattern', '--timeout', '--seed', '--retry', '--rerun-each'])

const { isFull, filters, flags } = readArguments(process.argv.slice(2))
const files = await findTestFiles(filters)
if (files.length === 0) {
  console.error('no test file matches')
  process.exit(1)
}

// Once and before everything: servers that tests start would otherwise each build it, at the same time.
if (await isConsoleBuildStale()) await buildConsole({ quiet: true })

const given = process.env.TEST_DATABASE_URL
const server = given ? { url: given, stop: () => Promise.resolve() } : await startTestServer()
const totals = { passed: 0, failed: 0, skipped: 0 }
let running: Bun.Subprocess | undefined
let interruptedBy: NodeJS.Signals | undefined
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interruptedBy = signal
    running?.kill(signal)
  })
}

let exitCode = 0
try {
  const isAlone = (file: string): boolean => file.includes('.alone.test.')
  mkdirSync(dirname(timings), { recursive: true })
  const together = files.filter((file) => !isAlone(file))
  const balanced = ['--parallel', `--timings=${timings}`, '--update-timings']
  const groups = [
    { files: together, flags: together.length > 1 ? balanced : ['--isolate'] },
    { files: files.filter(isAlone), flags: ['--isolate'] },
  ]
  for (const group of groups.filter((group) => group.files.length > 0)) {
    if (interruptedBy) break
    const code = await runTests(group)
    if (exitCode === 0) exitCode = code
  }
} finally {
  await server.stop()
}
if (interruptedBy && exitCode === 0) exitCode = 1
if (totals.failed > 0 && exitCode === 0) exitCode = 1
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
process.exit(exitCode)

async function runTests(group: { files: string[]; flags: string[] }): Promise<number> {
  const child = Bun.spawn([process.execPath, 'test', '--timeout=60000', ...group.flags, ...flags, ...group.files], {
    cwd: root,
    env: {
      ...process.env,
      TEST_SERVER_URL: server.url,
      ...(isFull ? { FULL: '1' } : {}),
      ...(process.stderr.isTTY ? { FORCE_COLOR: '1' } : {}),
    },
    stdio: ['inherit', 'inherit', 'pipe'],
  })
  running = child
  let tail = ''
  const decoder = new TextDecoder()
  for await (const chunk of child.stderr) {
    process.stderr.write(chunk)
    tail = (tail + decoder.decode(chunk, { stream: true })).slice(-4_000)
  }
  const code = await child.exited
  running = undefined
  countResults(tail)
  return code
}

/** Reads the summary that `bun test` writes last: lines like ` 12 pass`. */
function countResults(tail: string): void {
  const plain = Bun.stripANSI(tail)
  const read = (word: string): number => Number(plain.match(new RegExp(`^ *(\\d+) ${word}$`, 'm'))?.[1] ?? 0)
  totals.passed += read('pass')
  totals.failed += read('fail')
  totals.skipped += read('skip')
}

async function findTestFiles(filters: string[]): Promise<string[]> {
  const files: string[] = []
  for await (const file of new Bun.Glob('tests/**/*.test.{ts,tsx}').scan({ cwd: root })) files.push(`./${file}`)
  return files.filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter))).sort()
}

function readArguments(words: string[]): { isFull: boolean; filters: string[]; flags: string[] } {
  const filters: string[] = []
  const flags: string[] = []
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? ''
    if (word === '--full') continue
    else if (!word.startsWith('-')) filters.push(word)
    else if (flagsWithValue.has(word)) flags.push(word, words[(index += 1)] ?? '')
    else flags.push(word)
  }
  return { isFull: words.includes('--full'), filters, flags }
}
