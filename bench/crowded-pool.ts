import { withSql } from './support/api.ts'
import { type Figure, quantile } from './support/figures.ts'
import { timeFirstToken } from './support/first-token.ts'
import { addressOf, writeRequest } from './support/requests.ts'
import type { Stage } from './support/stage.ts'

/** What the loud tenant asks for in one instant. */
const readsAtOnce = 2_000
/** Rows of its ledger that each sum of its usage goes through. */
const ledgerRows = 40_000
const passages = 2_000
/** Between two questions of the quiet tenant. */
const askedEveryMs = 40
/** Of the quiet tenant without the other. */
const aloneMs = 3_000

/**
 * What a tenant feels of another that asks for thousands of heavy reads in one instant: conversations, messages, its
 * usage, searches by keywords. In turns with and without it.
 */
export async function benchCrowdedPool(stage: Stage, size: { rounds: number }): Promise<Figure[]> {
  const { together: loud, typing: quiet } = stage.tenants
  await makeHeavy(stage, loud.id)
  const requests = await writeHeavyReads(stage)
  const token = quiet.members[0]?.token ?? ''
  const kinds: Record<string, Ask> = {
    'GET /users/me': () => timeRead(`${stage.product.url}/users/me`, token),
    'GET /chat/sessions': () => timeRead(`${stage.product.url}/chat/sessions`, token),
    'GET …/usage': () => timeRead(`${stage.product.url}/admin/tenants/${quiet.id}/usage`, stage.superuserToken),
    'first token': () => timeFirstToken({ url: `${stage.product.url}/chat/stream`, token }),
  }
  const alone = new Map(Object.keys(kinds).map((kind) => [kind, new Taken()]))
  const beside = new Map(Object.keys(kinds).map((kind) => [kind, new Taken()]))
  let [answered, refused, lost, tookMs] = [0, 0, 0, 0]
  for (let round = -1; round < size.rounds; round++) {
    const before = await measure(kinds, Bun.sleep(aloneMs))
    const crowd = stage.load.run({
      ...addressOf(stage.product.url),
      requests,
      connections: readsAtOnce,
      durationMs: 0,
      spreadMs: 0,
      pauseMsMax: 0,
      timeoutMs: 60_000,
    })
    const during = await measure(kinds, crowd)
    const { completed, failed, lost: broken, elapsedMs } = await crowd
    // The first round warms up.
    if (round < 0) continue
    for (const kind of Object.keys(kinds)) {
      alone.get(kind)?.add(before.get(kind))
      beside.get(kind)?.add(during.get(kind))
    }
    answered += completed
    refused += failed
    lost += broken
    tookMs += elapsedMs
  }
  return [
    {
      name: `the loud tenant's ${readsAtOnce.toLocaleString('en')} reads`,
      value: `${(tookMs / size.rounds / 1000).toFixed(1)} s`,
      note: `${answered} answered, ${refused} refused, ${lost} lost in ${size.rounds} rounds`,
    },
    ...Object.keys(kinds).map((kind) => ({
      name: `${kind} alone → meanwhile`,
      value: `${alone.get(kind)} → ${beside.get(kind)} ms`,
      note: describeNote(beside.get(kind)),
    })),
  ]
}

function describeNote(taken: Taken | undefined): string {
  const [first] = taken?.failures ?? []
  const failed = first === undefined ? '' : `, ${taken?.failures.length} not answered, such as ${first}`
  return `${taken?.ms.length} answered meanwhile${failed}`
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

/** Asks for each kind again and again, whether or not the answers before have come; milliseconds of each. */
async function measure(kinds: Record<string, Ask>, until: Promise<unknown>): Promise<Map<string, Taken>> {
  const over = new AbortController()
  void until.finally(() => over.abort())
  const taken = new Map(Object.keys(kinds).map((kind) => [kind, new Taken()]))
  const asked: Promise<unknown>[] = []
  while (!over.signal.aborted) {
    for (const [kind, ask] of Object.entries(kinds)) {
      asked.push(
        ask().then(
          (ms) => taken.get(kind)?.ms.push(ms),
          (error: unknown) => taken.get(kind)?.failures.push(String(error)),
        ),
      )
    }
    await Bun.sleep(askedEveryMs)
  }
  await Promise.all(asked)
  return taken
}

type Ask = () => Promise<number>

/** What came of one kind of request. */
class Taken {
  readonly ms: number[] = []
  readonly failures: string[] = []

  add(other: Taken | undefined): void {
    this.ms.push(...(other?.ms ?? []))
    this.failures.push(...(other?.failures ?? []))
  }

  toString(): string {
    return `p50 ${quantile(this.ms, 0.5).toFixed(1)} p99 ${quantile(this.ms, 0.99).toFixed(1)}`
  }
}

async function timeRead(url: string, token: string): Promise<number> {
  const startedMs = performance.now()
  const response = await fetch(url, { headers: { authorization: token } })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`answered ${response.status} ${text.slice(0, 200)}`)
  return performance.now() - startedMs
}
