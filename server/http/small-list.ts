import { t } from 'elysia'
import { requestInvalid } from './problem-details.ts'
import { pageQuery, readLimit } from './page-query.ts'

/** A list of which everything is at hand, as few can be in it: its query, in the words of every list. */
export interface SmallListQuery {
  q?: string
  sort?: string
  limit?: number
  cursor?: string
}

/** `?q&sort&limit&cursor` of a small list; without them it is sent whole, in its own order. */
export function smallListQuery(sorts: readonly [string, ...string[]]) {
  const { q, sort, limit, cursor } = pageQuery(sorts)
  return t.Object({
    q,
    sort: t.Optional(
      t.String({
        pattern: sort.pattern,
        maxLength: 40,
        description: `One of ${sorts.join(', ')}; with "-" before it descending`,
        error: sort.error,
      }),
    ),
    limit,
    cursor,
  })
}

/**
 * What of a small list was asked for. Throws `request.invalid` 422 for a limit or a cursor that is none.
 * @param list `id`: the field that tells items apart; `search`: the fields that `q` looks into, whatever the case
 */
export function describeSmallList<T extends object>(list: {
  items: readonly T[]
  query: SmallListQuery
  id: keyof T & string
  search: readonly (keyof T & string)[]
}): { items: T[]; next_cursor: string | null } {
  const { query, id, search } = list
  const wanted = query.q?.trim().toLowerCase() ?? ''
  const found = list.items.filter((item) => search.some((field) => String(item[field]).toLowerCase().includes(wanted)))
  const order = query.sort ?? ''
  const sorted = order === '' ? found : sortBy(found, order)
  const from = query.cursor === undefined ? 0 : findPlace(sorted, { id, order, cursor: query.cursor })
  const to = query.limit === undefined ? sorted.length : from + readLimit(query.limit)
  const items = sorted.slice(from, to)
  const last = items.at(-1)
  return { items, next_cursor: last && to < sorted.length ? writePlace(order, to, String(last[id])) : null }
}

function sortBy<T extends object>(items: readonly T[], order: string): T[] {
  const field = order.replace(/^-/, '')
  const valueOf = (item: T): string => String(Reflect.get(item, field))
  const sign = order.startsWith('-') ? -1 : 1
  // Equal ones stay as they were.
  return items.toSorted((one, other) => {
    const [a, b] = [valueOf(one), valueOf(other)]
    return a === b ? 0 : sign * (a < b ? -1 : 1)
  })
}

function writePlace(order: string, at: number, id: string): string {
  return Buffer.from(JSON.stringify([order, at, id])).toString('base64url')
}

/** Behind the last item of the page before; where it was, if it is gone. */
function findPlace<T extends object>(
  items: readonly T[],
  place: { id: keyof T & string; order: string; cursor: string },
): number {
  const [order, at, id] = readPlace(place.cursor)
  if (order !== place.order || typeof at !== 'number' || !Number.isSafeInteger(at) || at < 1) {
    throw requestInvalid({
      detail: 'cursor: use next_cursor of the page before, with the same sort.',
      errors: [{ path: 'cursor', message: 'is not a cursor of this list' }],
    })
  }
  const known = items.findIndex((item) => String(item[place.id]) === id)
  return known === -1 ? at - 1 : known + 1
}

function readPlace(cursor: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    return Array.isArray(parsed) ? parsed : []
  } catch {
    return []
  }
}
