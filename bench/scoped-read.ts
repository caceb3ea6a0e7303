import { and, eq } from 'drizzle-orm'
import { createPooledStore } from '../server/data/pooled-store.ts'
import { openCoreDatabase } from '../server/data/core-database.ts'
import { databaseOver, type Database, openPool } from '../server/data/postgres.ts'
import { tenantUsers } from '../server/data/tenant.schema.ts'
import { TenantScope } from '../server/data/tenant-scope.ts'
import { parseTenantId, parseUserId } from '../server/platform/ids.ts'
import { createSecretBox } from '../server/platform/secrets.ts'
import { bounded, type Figure, median } from './support/figures.ts'
import { productSecretKey, type Stage } from './support/stage.ts'

const atOnce = 64
const poolMax = 10

/** One row by its id: through a tenant's scope, and prepared without one, by the same driver in this very process. */
export async function benchScopedRead(stage: Stage, size: { rounds: number; slotMs: number }): Promise<Figure[]> {
  const tenant = stage.tenants.together
  const tenantId = parseTenantId(tenant.id)
  const userId = parseUserId(tenant.members[0]?.id ?? '')
  if (!tenantId || !userId) throw new Error('the stage has no members')
  const { databaseUrl } = stage
  const core = await openCoreDatabase({
    databaseUrl,
    directUrl: databaseUrl,
    managedRuntimeUrl: undefined,
    pooler: 'none',
    poolMax,
    secretBox: await createSecretBox(productSecretKey),
  })
  const store = createPooledStore(core)
  const scope = new TenantScope(tenantId, store, () => Promise.resolve(store))
  const plainPool = openPool({ url: databaseUrl, max: poolMax, name: 'bench unscoped', prepare: true })
  const plain = databaseOver(plainPool)
  const findRow = (database: Database) =>
    database
      .select()
      .from(tenantUsers)
      .where(and(eq(tenantUsers.tenantId, tenantId), eq(tenantUsers.id, userId)))
  const ways = [
    { name: 'unscoped, prepared', read: () => findRow(plain) },
    { name: 'TenantScope.read', read: () => scope.read(findRow) },
    { name: 'TenantScope.findUser, one function', read: async () => [await scope.findUser(userId)] },
  ].map((way) => ({ ...way, perSecond: new Array<number>() }))
  try {
    for (let round = -1; round < size.rounds; round++) {
      for (const way of ways) {
        const perSecond = await readFor(way.read, size.slotMs / (round < 0 ? 2 : 1))
        if (round >= 0) way.perSecond.push(perSecond)
      }
    }
  } finally {
    await plainPool.end()
    await core.close()
  }
  const [unscoped, ...scoped] = ways
  return [
    ...ways.map(({ name, perSecond }) => ({ name: `${name}, reads/s`, value: median(perSecond).toFixed(0) })),
    ...scoped.map(({ name, perSecond }) =>
      bounded(`${name} : unscoped`, median(perSecond.map((rate, n) => rate / (unscoped?.perSecond[n] ?? rate))), {
        min: 0.6,
        unit: '×',
      }),
    ),
  ]
}

async function readFor(read: () => Promise<unknown[]>, durationMs: number): Promise<number> {
  const startedMs = performance.now()
  let reads = 0
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (performance.now() - startedMs < durationMs) {
        const [row] = await read()
        if (row === undefined) throw new Error('the row was not found')
        reads++
      }
    }),
  )
  return (reads / (performance.now() - startedMs)) * 1000
}
