import { withSql } from './support/api.ts'
import { bounded, type Figure, median, quantile, sum } from './support/figures.ts'
import { timeFirstToken } from './support/first-token.ts'
import type { LoadResult } from './support/load-job.ts'
import { addressOf, writeRequest } from './support/requests.ts'
import type { Stage } from './support/stage.ts'

/** What the loud tenant asks for in one instant. */
const readsAtOnce = 2_000
/** Rows of its ledger that each sum of its usage goes through. */
const ledgerRows = 10_000
const passages = 2_000
/** Between two questions of the quiet tenant. */
const askedEveryMs = 40
/** Of the quiet tenant without the other. */
const aloneMs = 3_000
/** Far less than all those reads take together: most of it is what one event loop needs to take them in. */
const p99MsMax = 500

/**
 * What a tenant feels of another that asks for thousands of heavy reads in one instant: conversations, messages, its
 * usage, searches by keywords. In turns with and without it.
 */
export async function benchCrowdedPool(stage: Stage, size: { rounds: number }): Promise<Figure[]> {
  const { together: loud, typing: quiet } = stage.tenants
  await makeHeavy(stage, loud.id)
  const requests = await writeHeavyReads(stage)
  const token = quiet.members[0]?.token ?? ''
  const readOf = (path: string, as: string) => () => timeRead(`${stage.product.url}${path}`, as)
  const kinds = [
    new Kind('GET /users/me', readOf('/users/me', token)),
    new Kind('GET /chat/sessions', readOf('/chat/sessions', token)),
    new Kind('GET …/usage', readOf(`/admin/tenants/${quiet.id}/usage`, stage.superuserToken)),
    new Kind('first token', () => timeFirstToken({ url: `${stage.product.url}/chat/stream`, token })),
  ]
  const crowd = new Array<LoadResult>()
  for (let round = -1; round < size.rounds; round++) {
    // The first round warms up.
    if (round === 0) for (const kind of kinds) kind.forget()
    await askAll(kinds, 'alone', Bun.sleep(aloneMs))
    const asking = stage.load.run({
      ...addressOf(stage.product.url),
      requests,
      connections: readsAtOnce,
      durationMs: 0,
      spreadMs: 0,
      pauseMsMax: 0,
      timeoutMs: 60_000,
    })
    await askAll(kinds, 'beside', asking)
    if (round >= 0) crowd.push(await asking)
  }
  const total = (read: (result: LoadResult) => number): number => sum(crowd.map(read))
  return [
    {
      name: `the loud tenant's ${readsAtOnce.toLocaleString('en')} reads`,
      value: `${median(crowd.map(({ elapsedMs }) => elapsedMs / 1000)).toFixed(1)} s`,
      note: `${total(({ completed }) => completed)} answered, ${total(({ failed }) => failed)} refused, ${total(({ lost }) => lost)} lost in ${size.rounds} rounds`,
    },
    ...kinds.flatMap((kind) => kind.describe()),
  ]
}

/** What the quiet tenant asks for, and how long each answer took, without and beside the crowd. */
class Kind {
  readonly alone: number[] = []
  readonly beside: number[] = []
  readonly #failures: string[] = []

  constructor(
    private readonly name: string,
    private readonly time: () => Promise<number>,
  ) {}

  async ask(when: 'alone' | 'beside'): Promise<void> {
    try {
      this[when].push(await this.time())
    } catch (error) {
      this.#failures.push(String(error))
    }
  }

  forget(): void {
    for (const kept of [this.alone, this.beside, this.#failures]) kept.length = 0
  }

  describe(): Figure[] {
    const [first] = this.#failures
    const failed = first === undefined ? '' : `, ${this.#failures.length} not answered, such as ${first}`
    const p50 = [this.alone, this.beside].map((times) => quantile(times, 0.5).toFixed(1))
    const p99 = quantile(this.alone, 0.99).toFixed(1)
    return [
      { name: `${this.name}, p50 alone → meanwhile`, value: `${p50.join(' → ')} ms` },
      bounded(`${this.name}, p99 meanwhile`, quantile(this.beside, 0.99), {
        max: p99MsMax,
        digits: 0,
        unit: 'ms',
        note: `alone ${p99} ms; ${this.beside.length} answered meanwhile${failed}`,
      }),
    ]
  }
}

/** A ledger and passages, so that sums and searches have something to go through. */
async function makeHeavy(stage: Stage, tenantId: string): Promise<void> {
  await withSql(stage, async (sql) => {
    await sql`
      insert into public.usage_ledger
        (id, tenant_id, source, purpose, provider, model, prompt_tokens, completion_tokens, cached_tokens, status,
         usage_source, first_token_ms, duration_ms, request_id, created_at, settled_at)
      select gen_random_uuid(), ${tenantId}, 'api', 'chat', 'openai', 'model-' || n % 5, 100, 50, 0, 'completed',
        'provider', n % 900, 1000, gen_random_uuid(), now() - n * interval '1 minute', now()
      from generate_series(1, ${ledgerRows}::int) n`
    const documentId = Bun.randomUUIDv7()
    await sql`
      insert into tenant.documents (tenant_id, id, title, language) values (${tenantId}, ${documentId}, 'Bench', 'english')`
    await sql`
      insert into tenant.chunks (tenant_id, id, document_id, position, heading, text, start_offset, end_offset)
      select ${tenantId}, gen_random_uuid(), ${documentId}, n, 'Part ' || n, 'opening hours ' || repeat('w' || n % 50 || ' ', 60), 0, 1
      from generate_series(1, ${passages}::int) n`
    await sql`analyze public.usage_ledger, tenant.documents, tenant.chunks`
  })
}

/** One request of each kind for each member: conversations, messages, usage, a search. */
async function writeHeavyReads(stage: Stage): Promise<string[]> {
  const { product, superuserToken, tenants } = stage
  const { id, members } = tenants.together
  const requests: string[] = []
  for (const [n, { token }] of members.entries()) {
    const session = tenants.together.sessions[n]
    const own = { method: 'GET', headers: { authorization: token } }
    requests.push(
      writeRequest({ ...own, url: `${product.url}/chat/sessions?limit=100` }),
      writeRequest({ ...own, url: `${product.url}/chat/sessions/${session}/messages?limit=100` }),
      writeRequest({
        method: 'GET',
        url: `${product.url}/admin/tenants/${id}/usage?group_by=model`,
        headers: { authorization: superuserToken },
      }),
      writeRequest({
        method: 'POST',
        url: `${product.url}/admin/tenants/${id}/retrieval/test`,
        headers: { authorization: superuserToken },
        body: { query: 'opening hours' },
      }),
    )
  }
  return requests
}

/** Asks for each kind again and again, whether or not the answers before have come. */
async function askAll(kinds: Kind[], when: 'alone' | 'beside', until: Promise<unknown>): Promise<void> {
  const over = new AbortController()
  void until.finally(() => over.abort())
  const asked: Promise<void>[] = []
  while (!over.signal.aborted) {
    for (const kind of kinds) asked.push(kind.ask(when))
    await Bun.sleep(askedEveryMs)
  }
  await Promise.all(asked)
}

async function timeRead(url: string, token: string): Promise<number> {
  const startedMs = performance.now()
  const response = await fetch(url, { headers: { authorization: token } })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`answered ${response.status} ${text.slice(0, 200)}`)
  return performance.now() - startedMs
}
