import type postgres from 'postgres'

/** A row as PostgreSQL writes it, and the table it is in: `tenant.documents`. */
export interface DumpedRow {
  table: string
  line: string
}

/** Every row of every table of a schema. */
export async function dumpSchema(sql: postgres.Sql, schema: string): Promise<DumpedRow[]> {
  const tables = await sql<{ name: string }[]>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = ${schema}`
  const found = await Promise.all(
    tables.map(async ({ name }) => {
      const rows = await sql.unsafe<{ line: string }[]>(`select t::text as line from ${name} t`)
      return rows.map(({ line }) => ({ table: name, line }))
    }),
  )
  return found.flat()
}
