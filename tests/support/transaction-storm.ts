import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type { Database } from '../../server/data/postgres.ts'
import type { BegunTurn, TenantScope } from '../../server/data/tenant-scope.ts'
import { chatMessages, documents } from '../../server/data/tenant.schema.ts'
import { parseTenantId, type TenantId, type UserId } from '../../server/platform/ids.ts'
import type { StoreRows } from './store-rows.ts'

const atOnce = 100

/** A tenant of a storm: its scope, and rows that are its own. */
export interface Side {
  rows: StoreRows
  tenantId: TenantId
  userId: UserId
  scope: TenantScope
}

/** What happened in a storm of transactions. */
export interface Storm {
  transactions: number
  aborted: number
  rowsSeen: number
  leaks: string[]
  unexpected: string[]
}

/** Thrown to end a transaction midway. */
export class Midway extends Error {}

const steps: Record<string, (side: Side, other: Side, storm: Storm) => Promise<void>> = {
  async readEverything({ scope, tenantId }, _, storm) {
    const [docs, messages, setting] = await scope.read((database) =>
      Promise.all([database.select().from(documents), database.select().from(chatMessages).limit(50), tell(database)]),
    )
    storm.rowsSeen += docs.length + messages.length
    if (docs.length === 0 || setting !== tenantId) storm.unexpected.push(`read ${docs.length} rows as ${setting}`)
    for (const row of [...docs, ...messages]) if (row.tenantId !== tenantId) storm.leaks.push(JSON.stringify(row))
  },
  async writeAndTakeBack({ scope, tenantId }, _, storm) {
    const id = randomUUID()
    const seen = await scope.write(async (database) => {
      await database.insert(documents).values({ tenantId, id, title: 'for a moment' })
      const rows = await database.select().from(documents)
      await database.delete(documents).where(sql`id = ${id}`)
      return rows
    })
    storm.rowsSeen += seen.length
    for (const row of seen) if (row.tenantId !== tenantId) storm.leaks.push(JSON.stringify(row))
    if (!seen.some((row) => row.id === id)) storm.unexpected.push('an own row was not seen')
  },
  async findUser({ scope, userId, rows }, other, storm) {
    const [own, foreign] = await Promise.all([scope.findUser(userId), scope.findUser(other.userId)])
    storm.rowsSeen += 1
    if (own?.fullName !== rows.canary) storm.unexpected.push(`user ${own?.fullName}`)
    if (foreign) storm.leaks.push(`user ${foreign.email}`)
  },
  async findHistory({ scope, userId, rows }, other, storm) {
    const ask = (sessionId: string, asker: UserId) => scope.findHistory({ userId: asker, sessionId, messagesMax: 20 })
    const [own, foreign, both] = await Promise.all([
      ask(rows.sessionId, userId),
      ask(other.rows.sessionId, userId),
      ask(other.rows.sessionId, other.userId),
    ])
    storm.rowsSeen += own?.length ?? 0
    if (own === undefined) storm.unexpected.push('the own history was not found')
    if (own?.some(({ content }) => content.includes(other.rows.canary))) storm.leaks.push('a foreign message')
    if (foreign || both) storm.leaks.push('a foreign history')
  },
  async turn({ scope, rows, userId }, other, storm) {
    const begun = makeTurn(rows.tenantId, userId, rows.sessionId, `${rows.canary} asks`)
    const planted = makeTurn(rows.tenantId, userId, other.rows.sessionId, 'planted')
    const [own, foreign] = await Promise.all([scope.beginTurn(begun), scope.beginTurn(planted)])
    if (!own) storm.unexpected.push('an own turn was not stored')
    if (foreign) storm.leaks.push('a turn in a foreign session')
    const finish = (turn: BegunTurn['turn'], call: string) =>
      scope.finishTurn({
        turn: {
          tenant_id: turn.tenant_id,
          session_id: turn.session_id,
          message_id: randomUUID(),
          content: turn.content === 'planted' ? 'planted' : `${rows.canary} answers`,
          status: 'completed',
          sources: null,
          cited: [],
          usage: null,
        },
        call: {
          id: call,
          prompt_tokens: 1,
          completion_tokens: 1,
          cached_tokens: 0,
          cost_micro_usd: 0,
          status: 'completed',
          usage_source: 'estimated',
          first_token_ms: 1,
          duration_ms: 1,
        },
      })
    const [ended, misplaced] = await Promise.all([
      finish(begun.turn, begun.call.id),
      finish(planted.turn, planted.call.id),
    ])
    if (!ended) storm.unexpected.push('an own answer was not stored')
    if (misplaced) storm.leaks.push('an answer in a foreign session')
  },
}

/** Ways to end midway; each throws what it threw. */
const aborts: Record<string, (side: Side, other: Side, storm: Storm) => Promise<void>> = {
  beforeAnyQuery: ({ scope }) => scope.write(() => Promise.reject(new Midway())),
  afterAWrite: ({ scope, tenantId }) =>
    scope.write(async (database) => {
      await database.insert(documents).values({ tenantId, id: randomUUID(), title: 'aborted' })
      throw new Midway()
    }),
  inARead: ({ scope }) =>
    scope.read(async (database) => {
      await database.select().from(documents)
      throw new Midway()
    }),
  byTheDatabase: ({ scope }) => scope.write((database) => database.execute(sql`select 1 / 0`).then(() => undefined)),
  byThePolicies: ({ scope }, other) =>
    scope.write(async (database) => {
      await database.insert(documents).values({ tenantId: other.tenantId, id: randomUUID(), title: 'aborted' })
    }),
  // One branch fails; its sibling goes on asking and writing over the same, by then perhaps reused, connection.
  async withABranchThatOutlives({ scope, tenantId }, _, storm) {
    const { promise: done, resolve: note } = Promise.withResolvers<void>()
    try {
      await scope.write((database) => Promise.all([fail(database), goOn(database)]))
    } finally {
      await done
    }
    async function fail(database: Database): Promise<void> {
      await database.select().from(documents).limit(1)
      throw new Midway()
    }
    async function goOn(database: Database): Promise<void> {
      for (let round = 0; round < 12; round++) {
        const rows = await database
          .select()
          .from(documents)
          .catch(() => [])
        for (const row of rows) if (row.tenantId !== tenantId) storm.leaks.push(`late ${JSON.stringify(row)}`)
        await database
          .insert(documents)
          .values({ tenantId, id: randomUUID(), title: 'aborted' })
          .catch(() => undefined)
      }
      note()
    }
  },
}

async function tell(database: Database): Promise<string | null | undefined> {
  const [row] = await database.execute<{ tenant: string | null }>(sql`select tenant.current_id() as tenant`)
  return row?.tenant
}

/** A turn of a user in its session, about to be stored, and its reservation. */
export function makeTurn(tenant: string, userId: UserId, sessionId: string, content: string): BegunTurn {
  const tenantId = parseTenantId(tenant)!
  return {
    turn: {
      tenant_id: tenantId,
      user_id: userId,
      session_id: sessionId,
      new_session: false,
      title: content,
      message_id: randomUUID(),
      content,
    },
    call: {
      id: randomUUID(),
      tenant_id: tenantId,
      user_id: userId,
      source: 'api',
      purpose: 'chat',
      provider: 'offline',
      model: 'offline',
      prompt_tokens: 1,
      completion_tokens: 1,
      cost_micro_usd: 0,
      request_id: 'storm',
    },
  }
}

const pick = <T>(items: readonly T[], random: number): T => items[Math.floor(random * items.length)]!

/**
 * Runs transactions of all sides, a hundred at once, a tenth of them ended midway; every step also reaches for what
 * belongs to another side.
 */
export async function rage(sides: readonly Side[], { transactions }: { transactions: number }): Promise<Storm> {
  const storm: Storm = { transactions: 0, aborted: 0, rowsSeen: 0, leaks: [], unexpected: [] }
  const worker = async (): Promise<void> => {
    while (storm.transactions < transactions) {
      storm.transactions++
      const side = pick(sides, Math.random())
      const other = pick(
        sides.filter((candidate) => candidate !== side),
        Math.random(),
      )
      if (Math.random() < 0.1) {
        storm.aborted++
        const [title, abort] = pick(Object.entries(aborts), Math.random())
        const ended = await abort(side, other, storm).then(
          () => 'committed',
          () => 'aborted',
        )
        if (ended !== 'aborted') storm.unexpected.push(`${title}: ${ended}`)
      } else {
        const [title, step] = pick(Object.entries(steps), Math.random())
        await step(side, other, storm).catch((error: unknown) => storm.unexpected.push(`${title}: ${String(error)}`))
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return storm
}
