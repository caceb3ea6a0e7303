import { type AnyColumn, type SQL, asc, desc, sql } from 'drizzle-orm'

/** A page's place in a sorted list: the sort value and id of its last row, as PostgreSQL wrote them. */
export interface PageCursor {
  value: string
  id: string
}

/** What part of a list is wanted. */
export interface PageQuery {
  q?: string
  sort: string
  /** The sort with its direction, as the query named it: a cursor belongs to it. */
  order: string
  descending: boolean
  limit: number
  cursor?: PageCursor
}

/** One page: `nextCursor` is null on the last one. */
export interface Page<T> {
  items: T[]
  nextCursor: PageCursor | null
}

/** The SQL parts of keyset pagination over `(column, id)`; equal values are ordered by id, so no row is lost or doubled. */
export function keysetParts(
  query: PageQuery,
  columns: {
    value: AnyColumn | SQL
    valueType: 'timestamptz' | 'text' | 'bigint'
    id: AnyColumn
    idType: 'uuid' | 'text'
  },
): { where: SQL | undefined; orderBy: SQL[]; cursorValue: SQL<string> } {
  const direction = query.descending ? desc : asc
  const { cursor } = query
  const comparison = query.descending ? sql.raw('<') : sql.raw('>')
  return {
    where: cursor
      ? sql`(${columns.value}, ${columns.id}) ${comparison} (${cursor.value}::${sql.raw(columns.valueType)}, ${cursor.id}::${sql.raw(columns.idType)})`
      : undefined,
    orderBy: [direction(columns.value), direction(columns.id)],
    cursorValue: sql<string>`${columns.value}::text`,
  }
}

/** Cuts the extra row that tells whether there is a next page. Rows were asked for with `limit + 1`. */
export function cutPage<R extends { cursorValue: string; id: string }>(rows: R[], limit: number): Page<R> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last ? { value: last.cursorValue, id: last.id } : null }
}

/** A `like` pattern that finds the text anywhere, its own wildcards taken literally. */
export function containsPattern(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
}
