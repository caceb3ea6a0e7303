import { t } from 'elysia'
import type { Page, PageCursor, PageQuery } from '../data/page.ts'
import { isUuid, tenantIdPattern } from '../platform/ids.ts'
import { requestInvalid } from './problem-details.ts'

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
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 200, description: 'Items at most; default 50' })),
    cursor: t.Optional(t.String({ maxLength: 600, description: 'next_cursor of the page before' })),
  }
}

const limitDefault = 50

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
    descending,
    limit: query.limit ?? limitDefault,
    cursor: query.cursor === undefined ? undefined : readCursor(query.cursor, column, ids),
  }
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
function isPlausible(sort: string, value: string): boolean {
  if (value.includes('\u0000') || !value.isWellFormed()) return false
  if (sort === 'requests') return /^\d{1,18}$/.test(value)
  if (sort.endsWith('_at') || sort === 'at') {
    return (
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00$/.test(value) &&
      !Number.isNaN(Date.parse(`${value.replace(' ', 'T')}:00`))
    )
  }
  return true
}

function isId(id: string, ids: 'uuid' | 'tenant'): boolean {
  return ids === 'uuid' ? isUuid(id) : tenantIdPattern.test(id)
}

/** The schema of a list's answer. */
export function pageOf<S extends Parameters<typeof t.Array>[0]>(item: S) {
  return t.Object({ items: t.Array(item), next_cursor: t.Union([t.String(), t.Null()]) })
}
