import { t } from 'elysia'
import type { Page, PageCursor, PageQuery } from '../data/page.ts'
import { isUuid, tenantIdPattern } from '../platform/ids.ts'
import { requestInvalid } from './problem-details.ts'

const limitDefault = 50
const limitMax = 200
const limitError = `must be a whole number from 1 to ${limitMax}`

/** The query of every list: `?q&sort&limit&cursor`. `sort` is a column, with `-` before it for descending. */
export function pageQuery(sorts: readonly [string, ...string[]]) {
  const [first] = sorts
  return {
    q: t.Optional(t.String({ maxLength: 200, description: 'Words to look for' })),
    sort: t.Optional(
      t.String({
        pattern: `^-?(${sorts.join('|')})$`,
        maxLength: 40,
        description: `One of ${sorts.join(', ')}; with "-" before it descending. Default: -${first}`,
        error: `must be one of ${sorts.join(', ')}, with "-" before it for descending`,
      }),
    ),
    limit: t.Optional(
      t.Integer({ description: `Items at most, 1 to ${limitMax}; default ${limitDefault}`, error: limitError }),
    ),
    cursor: t.Optional(t.String({ maxLength: 600, description: 'next_cursor of the page before' })),
  }
}

/** `sort` of a list that has one order: it may be named. */
export const onlySort = (sort: string) =>
  t.Optional(t.Literal(sort, { description: 'The only order there is', error: `must be ${sort}, or left out` }))

/** A list's query as the data layer takes it. A cursor belongs to one sort order; another is 422. */
export function readPageQuery(
  query: { q?: string; sort?: string; limit?: number; cursor?: string },
  sortDefault: string,
  ids: 'uuid' | 'tenant' = 'uuid',
): PageQuery {
  const sort = query.sort ?? sortDefault
  const descending = sort.startsWith('-')
  const column = descending ? sort.slice(1) : sort
  return {
    q: query.q?.trim() || undefined,
    sort: column,
    order: sort,
    descending,
    limit: readLimit(query.limit),
    cursor: query.cursor === undefined ? undefined : readCursor(query.cursor, sort, ids),
  }
}

/** How many items are wanted: Elysia's own range check on a query does not tell which field it refused. */
export function readLimit(limit: number | undefined, fallback: number = limitDefault): number {
  if (limit === undefined) return fallback
  if (limit >= 1 && limit <= limitMax) return limit
  throw requestInvalid({ detail: `limit: ${limitError}`, errors: [{ path: 'limit', message: limitError }] })
}

/** A page as it is sent. */
export function describePage<T, V>(
  page: Page<T>,
  sort: string,
  describe: (item: T) => V,
): { items: V[]; next_cursor: string | null } {
  return { items: page.items.map(describe), next_cursor: page.nextCursor && writeCursor(page.nextCursor, sort) }
}

/** A cursor as an opaque text. */
export function writeCursor(cursor: PageCursor, sort: string): string {
  return Buffer.from(JSON.stringify([sort, cursor.value, cursor.id])).toString('base64url')
}

/** Reads a cursor that `writeCursor` made for the same sort; throws `request.invalid` for every other text. */
export function readCursor(text: string, sort: string, ids: 'uuid' | 'tenant' = 'uuid'): PageCursor {
  const parts = parseCursor(text)
  const [madeFor, value, id] = parts
  if (parts.length !== 3 || madeFor !== sort || !value || !id || !isPlausible(sort, value) || !isId(id, ids)) {
    throw requestInvalid({
      detail: 'cursor: use next_cursor of the page before, with the same sort.',
      errors: [{ path: 'cursor', message: 'is not a cursor of this list' }],
    })
  }
  return { value, id }
}

function parseCursor(text: string): string[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
    return Array.isArray(parsed) && parsed.every((part): part is string => typeof part === 'string') ? parsed : []
  } catch {
    return []
  }
}

/** What a client may have changed must still be what PostgreSQL can read. */
function isPlausible(order: string, value: string): boolean {
  const sort = order.replace(/^-/, '')
  if (value.includes('\u0000') || !value.isWellFormed()) return false
  if (sort === 'requests') return /^\d{1,18}$/.test(value)
  if (sort.endsWith('_at') || sort === 'at') {
    return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00$/.test(value) && isOnCalendar(value)
  }
  return true
}

/** Days such as 30 February, which Date takes for 2 March, and the year 0 are none to PostgreSQL. */
function isOnCalendar(value: string): boolean {
  const seconds = value.slice(0, 19).replace(' ', 'T')
  const time = Date.parse(`${seconds}Z`)
  return !Number.isNaN(time) && !value.startsWith('0000') && new Date(time).toISOString().startsWith(seconds)
}

function isId(id: string, ids: 'uuid' | 'tenant'): boolean {
  return ids === 'uuid' ? isUuid(id) : tenantIdPattern.test(id)
}

/** The schema of a list's answer. */
export function pageOf<S extends Parameters<typeof t.Array>[0]>(item: S) {
  return t.Object({ items: t.Array(item), next_cursor: t.Union([t.String(), t.Null()]) })
}

/** The schema of a list's answer that may tell with `include=total` how many items there are on all pages. */
export function countedPageOf<S extends Parameters<typeof t.Array>[0]>(item: S) {
  return t.Composite([pageOf(item), t.Object({ total: t.Optional(t.Integer()) })])
}

/** `?include=total` of a list whose answer is a `countedPageOf`. */
export const includeTotal = t.Optional(
  t.Literal('total', { description: 'total: how many match on all pages', error: 'must be total' }),
)
