import type postgres from 'postgres'
import type { FakeRequest } from '../fake-openai.ts'
import type { Attempt } from './attempt.ts'
import type { Asker } from './chat-client.ts'

/** Micro-USD per million tokens. */
export interface Price {
  input: number
  output: number
}

interface Row {
  id: string
  user_id: string
  status: string
  usage_source: string
  prompt_tokens: number
  completion_tokens: number
  cost_micro_usd: number | null
  request_id: string
  duration_ms: number | null
}

/** What was found in the ledger, and what of it must not be. */
export interface LedgerProof {
  /** How many rows of each status. */
  rows: Record<string, number>
  calls: number
  /** Calls that had just been sent when their server was killed: nobody had heard of them yet, and no row could. */
  unheard: number
  /** Calls whose server did not live to settle them. */
  leftBehind: Set<string>
  violations: string[]
}

/**
 * Compares the ledger with what the model saw and with what the askers were told: one row a call, completed ones with
 * the figures that the model told, everything at its price, nothing still reserved.
 * @param options.killedAtMs when servers were killed, on the clock of `performance.now()`
 */
export async function proveLedger(options: {
  sql: postgres.Sql
  askers: Asker[]
  attempts: Attempt[]
  requests: FakeRequest[]
  price: Price
  killedAtMs: number[]
}): Promise<LedgerProof> {
  const { sql, askers, attempts, price, killedAtMs } = options
  const rows = await sql<Row[]>`
    select id, user_id, status, usage_source, prompt_tokens, completion_tokens, cost_micro_usd::int, request_id,
      duration_ms
    from usage_ledger`
  const violations: string[] = []
  const calls = groupCalls(options.requests)
  const byRequest = Map.groupBy(rows, ({ request_id }) => request_id)
  const left = new Set(rows)
  let unheard = 0
  for (const attempt of attempts) {
    const complain = (what: string): void =>
      void violations.push(
        `${attempt.key} ${attempt.kind} ${attempt.plan} → ${attempt.ending} ${attempt.code}: ${what}`,
      )
    const [made, ...others] = calls.get(attempt.key) ?? []
    if (others.length > 0) complain(`the model was asked ${others.length + 1} times`)
    const found = byRequest.get(attempt.requestId ?? '') ?? []
    for (const row of found) left.delete(row)
    if (found.length > 1) complain(`there are ${found.length} rows`)
    const [row] = found
    if (row) judgeRow({ row, attempt, made, complain })
    else if (made && attempt.requestId !== undefined) complain('the model was asked, and there is no row')
    if (!made && row && row.status !== 'aborted') complain(`nobody asked the model, and there is a row: ${row.status}`)
  }
  for (const row of rows) {
    if (row.status === 'reserved') violations.push(`row ${row.id} is still reserved`)
    if (row.cost_micro_usd !== costOf(row, price)) violations.push(`row ${row.id} costs ${row.cost_micro_usd}`)
  }
  // Whoever got no response cannot say which row is its own: there are as many of both.
  for (const asker of askers) {
    const silent = attempts.filter(({ client, requestId }) => client === asker.name && requestId === undefined)
    const asked = silent.flatMap(({ key }) => calls.get(key) ?? [])
    const own = [...left].filter(({ user_id }) => user_id === asker.userId)
    const missing = asked.length - own.length
    const late = asked.filter((made) => killedAtMs.some((ms) => ms >= made.cameAtMs && ms - made.cameAtMs < justSentMs))
    if (missing < 0) violations.push(`${asker.name}: ${-missing} rows more than the model was asked`)
    if (missing > late.length) violations.push(`${asker.name}: ${missing - late.length} rows are missing`)
    else unheard += Math.max(0, missing)
    for (const row of own) left.delete(row)
  }
  for (const row of left) violations.push(`row ${row.id} is nobody's`)
  const counts = Map.groupBy(rows, ({ status }) => status)
  return {
    rows: Object.fromEntries([...counts].map(([status, all]) => [status, all.length])),
    calls: [...calls.values()].flat().length,
    unheard,
    // How long they took is told by who made them.
    leftBehind: new Set(rows.flatMap(({ id, duration_ms }) => (duration_ms === null ? [id] : []))),
    violations,
  }
}

/** A call leaves for the model beside its reservation, which takes some milliseconds to be committed. */
const justSentMs = 250

function judgeRow(found: {
  row: Row
  attempt: Attempt
  made: FakeRequest | undefined
  complain: (what: string) => void
}): void {
  const { row, attempt, made, complain } = found
  const { usage, ending } = attempt
  if (row.status === 'completed') {
    const isTold =
      row.usage_source === 'provider' &&
      row.prompt_tokens === made?.usage?.prompt_tokens &&
      row.completion_tokens === made.usage.completion_tokens
    if (!isTold) complain(`the row says ${JSON.stringify(row)}, the model ${JSON.stringify(made?.usage)}`)
  } else if (row.usage_source !== 'estimated') complain(`the row is ${row.status} by ${row.usage_source}`)
  if (ending === 'done' && row.status !== 'completed') complain(`the row is ${row.status}`)
  if (ending === 'stopped' && row.status !== 'aborted') complain(`the row is ${row.status}`)
  if (!usage) return
  const isSame =
    usage.prompt_tokens === row.prompt_tokens &&
    usage.completion_tokens === row.completion_tokens &&
    (usage.cost_micro_usd === undefined || usage.cost_micro_usd === row.cost_micro_usd)
  if (!isSame) complain(`was told ${JSON.stringify(usage)}, the row says ${JSON.stringify(row)}`)
}

function costOf(row: Row, price: Price): number {
  return Math.ceil((row.prompt_tokens * price.input + row.completion_tokens * price.output) / 1_000_000)
}

/** The calls of the model by the key of their questions. */
function groupCalls(requests: FakeRequest[]): Map<string, FakeRequest[]> {
  const chats = requests.filter(({ path }) => path.endsWith('/chat/completions'))
  return Map.groupBy(chats, ({ body }) => {
    const { messages } = body as { messages: { role: string; content: string }[] }
    return messages.findLast(({ role }) => role === 'user')?.content.split(' ')[0] ?? ''
  })
}
