import { readEvents } from './support/event-stream.ts'

const optionNames = ['--url', '--email', '--tenant', '--streams', '--seconds', '--message']
const usage = `Usage: LOAD_PASSWORD=… bun run load-test --url=https://… --email=… [--tenant=…] [--streams=20] [--seconds=30] [--message=…]

Ends with 0 when every answer ended with done, with 1 when some did not, with 2 when it could not begin.`

/**
 * Loads a deployed server with chats, so many at a time, and prints what its users would have seen. It makes
 * conversations and usage: run it with a user of a tenant that is there for it.
 */
interface Answered {
  firstTokenMs: number | undefined
  totalMs: number
  /** `done`, a problem's code, or what broke. */
  ending: string
}

const options = readOptions(process.argv.slice(2))
const token = await signIn()
const answers: Answered[] = []
const endMs = performance.now() + options.seconds * 1_000
const startedMs = performance.now()
await Promise.all(Array.from({ length: options.streams }, chatUntilTheEnd))
const seconds = (performance.now() - startedMs) / 1_000
report()
process.exit(answers.every(({ ending }) => ending === 'done') ? 0 : 1)

async function chatUntilTheEnd(): Promise<void> {
  while (performance.now() < endMs) {
    const answer = await chat()
    answers.push(answer)
    // A server that refuses is asked again after a moment, as a client would.
    if (answer.ending !== 'done') await Bun.sleep(1_000)
  }
}

async function chat(): Promise<Answered> {
  const sentMs = performance.now()
  let firstTokenMs: number | undefined
  const end = (ending: string): Answered => ({ firstTokenMs, totalMs: performance.now() - sentMs, ending })
  try {
    const response = await fetch(`${options.url}/chat/stream`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...options.tenantHeader },
      body: JSON.stringify({ message: options.message }),
      signal: AbortSignal.timeout(330_000),
    })
    if (!response.ok || !response.body) return end(codeOf(await readJson(response)) ?? `status ${response.status}`)
    for await (const { event, data } of readEvents(response.body)) {
      if (event === 'delta') firstTokenMs ??= performance.now() - sentMs
      if (event === 'done') return end('done')
      if (event === 'error') return end(codeOf(data) ?? 'error')
    }
    return end('ended without an end')
  } catch (error) {
    return end(error instanceof Error ? error.name : 'broken')
  }
}

async function signIn(): Promise<string> {
  const response = await fetch(`${options.url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...options.tenantHeader },
    body: JSON.stringify({ email: options.email, password: process.env.LOAD_PASSWORD ?? '' }),
  }).catch((error: unknown) => giveUp(`${options.url} does not answer: ${String(error)}`))
  const body = await readJson(response)
  if (isObject(body) && typeof body.access_token === 'string') return body.access_token
  return giveUp(`sign-in answered ${response.status}: ${codeOf(body) ?? 'no token'}`)
}

function giveUp(why: string): never {
  console.error(why)
  process.exit(2)
}

function report(): void {
  const endings = Map.groupBy(answers, ({ ending }) => ending)
  const firstTokens = answers.flatMap(({ firstTokenMs }) => firstTokenMs ?? []).toSorted((a, b) => a - b)
  const totals = answers
    .filter(({ ending }) => ending === 'done')
    .map(({ totalMs }) => totalMs)
    .toSorted((a, b) => a - b)
  const describe = (sorted: number[]): string =>
    sorted.length === 0
      ? 'none'
      : [50, 95, 99].map((percent) => `p${percent} ${percentile(sorted, percent).toFixed(0)}`).join(', ')
  console.log(`${answers.length} answers in ${seconds.toFixed(1)} s, ${options.streams} at a time`)
  console.log(`answers a second: ${(answers.length / seconds).toFixed(1)}`)
  console.log(`time to first token, ms: ${describe(firstTokens)}`)
  console.log(`whole answer, ms: ${describe(totals)}`)
  for (const [ending, ended] of endings) console.log(`${ending}: ${ended.length}`)
}

function percentile(sorted: number[], percent: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0
}

/** Undefined when it is none: whatever stands in front of the server answers with pages of its own. */
function readJson(response: Response): Promise<unknown> {
  return response.json().catch(() => undefined)
}

function codeOf(body: unknown): string | undefined {
  return isObject(body) && typeof body.code === 'string' ? body.code : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function readOptions(words: string[]) {
  if (words.some((word) => word === '--help' || word === '-h')) {
    console.log(usage)
    process.exit(0)
  }
  const unknown = words.find((word) => !optionNames.includes(word.split('=')[0] ?? ''))
  if (unknown !== undefined) giveUp(`${unknown} is not understood.\n\n${usage}`)
  const given = new Map(words.map((word) => [word.split('=')[0] ?? '', word.slice(word.indexOf('=') + 1)]))
  const number = (name: string, fallback: number): number => {
    const value = Number(given.get(`--${name}`) ?? fallback)
    if (Number.isInteger(value) && value > 0) return value
    return giveUp(`--${name} must be a whole number above 0`)
  }
  const text = (name: string): string => {
    const value = given.get(`--${name}`)
    if (value) return value
    return giveUp(`--${name}=… is missing`)
  }
  const tenant = given.get('--tenant')
  const tenantHeader: Record<string, string> = tenant ? { 'x-tenant': tenant } : {}
  return {
    url: text('url').replace(/\/+$/, ''),
    email: text('email'),
    tenantHeader,
    streams: number('streams', 20),
    seconds: number('seconds', 30),
    message: given.get('--message') ?? 'What do you know?',
  }
}
