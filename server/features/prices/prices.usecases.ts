import { type AuditActor, insertAudit } from '../../data/audit.data.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import type { Directories } from '../../data/directories.ts'
import { type Database, serverErrorOf } from '../../data/postgres.ts'
import {
  deletePrice,
  findPriceForUpdate,
  insertPrice,
  listPrices,
  listUnpricedModels,
  type PriceVersion,
  updatePrice,
} from '../../data/prices.data.ts'
import { readTime } from '../../http/time-query.ts'
import type { Clock } from '../../platform/clock.ts'
import { defineError } from '../../platform/errors.ts'
import { isUuid } from '../../platform/ids.ts'

/** There is no such version of a price. */
export const priceNotFound = defineError({ code: 'price.not_found', status: 404, title: 'There is no such price' })
/** The model has another price from that very moment on. */
export const priceTaken = defineError({
  code: 'price.taken',
  status: 409,
  title: 'The model has a price from then on already',
})

/** What prices stand on. */
export interface PricesParts {
  core: CoreDatabase
  directories: Directories
  clock: Clock
}

interface PriceAmounts {
  input_per_million_micro_usd?: number
  cached_input_per_million_micro_usd?: number
  output_per_million_micro_usd?: number
}

const unpricedDays = 30
const unpricedMax = 50

/** Every version of every price, and models that were called without one. */
export async function listPriceVersions({ core, clock }: PricesParts) {
  const now = clock.now()
  const since = new Date(now.getTime() - unpricedDays * 86_400_000)
  const [versions, unpriced] = await Promise.all([
    listPrices(core.db),
    listUnpricedModels(core.db, { since, limit: unpricedMax }),
  ])
  const known = new Set(versions.map(({ provider, model }) => `${provider}/${model}`))
  return {
    items: versions.map((version) => describePrice(version, stateOf(version, versions, now))),
    unpriced: unpriced
      .filter(({ provider, model }) => !known.has(`${provider}/${model}`))
      .map(({ lastAt, ...model }) => ({ ...model, last_at: lastAt.toISOString() })),
  }
}

/** Sets a price from a moment on, by default from now on, in the given transaction. Audited. `price.taken` 409. */
export async function addPrice(
  parts: PricesParts,
  database: Database,
  body: {
    provider: string
    model: string
    valid_from?: string
    input_per_million_micro_usd: number
    cached_input_per_million_micro_usd?: number
    output_per_million_micro_usd: number
  },
  actor: AuditActor,
) {
  const input = body.input_per_million_micro_usd
  const made = await insertPrice(database, {
    provider: body.provider,
    model: body.model,
    validFrom: body.valid_from === undefined ? parts.clock.now() : readTime('valid_from', body.valid_from),
    inputPerMillion: input,
    // Most providers that give no rebate for cached tokens charge them like others.
    cachedInputPerMillion: body.cached_input_per_million_micro_usd ?? input,
    outputPerMillion: body.output_per_million_micro_usd,
  })
  if (!made) throw taken()
  const view = await describeAmongOthers(parts, database, made)
  await insertAudit(database, actor, {
    action: 'price.added',
    targetType: 'price',
    targetId: `${made.provider}/${made.model}`,
    after: view,
  })
  return view
}

/** Corrects a version. What was counted by it stays as it was counted. Audited. */
export async function changePrice(
  parts: PricesParts,
  id: string,
  body: PriceAmounts & { valid_from?: string },
  actor: AuditActor,
) {
  const view = await parts.core.write(async (database) => {
    const before = isUuid(id) ? await findPriceForUpdate(database, id) : undefined
    if (!before) throw notFound()
    const changes = {
      validFrom: body.valid_from === undefined ? before.validFrom : readTime('valid_from', body.valid_from),
      inputPerMillion: body.input_per_million_micro_usd ?? before.inputPerMillion,
      cachedInputPerMillion: body.cached_input_per_million_micro_usd ?? before.cachedInputPerMillion,
      outputPerMillion: body.output_per_million_micro_usd ?? before.outputPerMillion,
    }
    const after = await updatePrice(database, id, changes).catch((error: unknown) => {
      throw serverErrorOf(error)?.code === '23505' ? taken() : error
    })
    if (!after) throw notFound()
    const shown = await describeAmongOthers(parts, database, after)
    await insertAudit(database, actor, {
      action: 'price.updated',
      targetType: 'price',
      targetId: `${before.provider}/${before.model}`,
      before: describePrice(before, shown.state),
      after: shown,
    })
    return shown
  })
  parts.directories.forget({ kind: 'prices', ids: [] })
  return view
}

/** Removes a version. Audited. */
export async function removePrice(parts: PricesParts, id: string, actor: AuditActor): Promise<void> {
  await parts.core.write(async (database) => {
    const before = isUuid(id) ? await findPriceForUpdate(database, id) : undefined
    if (!before) throw notFound()
    await deletePrice(database, id)
    await insertAudit(database, actor, {
      action: 'price.removed',
      targetType: 'price',
      targetId: `${before.provider}/${before.model}`,
      before: describePrice(before, 'past'),
    })
  })
  parts.directories.forget({ kind: 'prices', ids: [] })
}

type PriceState = 'coming' | 'current' | 'past'

/** The newest version that has begun is in force; those before it are past. */
function stateOf(version: PriceVersion, all: PriceVersion[], now: Date): PriceState {
  if (version.validFrom > now) return 'coming'
  const isOvertaken = all.some(
    (other) =>
      other.provider === version.provider &&
      other.model === version.model &&
      other.validFrom > version.validFrom &&
      other.validFrom <= now,
  )
  return isOvertaken ? 'past' : 'current'
}

async function describeAmongOthers(parts: PricesParts, database: Database, version: PriceVersion) {
  return describePrice(version, stateOf(version, await listPrices(database), parts.clock.now()))
}

function describePrice(version: PriceVersion, state: PriceState) {
  return {
    id: version.id,
    provider: version.provider,
    model: version.model,
    valid_from: version.validFrom.toISOString(),
    state,
    input_per_million_micro_usd: version.inputPerMillion,
    cached_input_per_million_micro_usd: version.cachedInputPerMillion,
    output_per_million_micro_usd: version.outputPerMillion,
  }
}

function notFound(): Error {
  return priceNotFound({ detail: 'There is no price with this id.' })
}

function taken(): Error {
  return priceTaken({ detail: 'This model has a price from that very moment on. Change that one.' })
}
