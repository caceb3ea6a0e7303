import { defineConfig } from 'drizzle-kit'

/** `DRIZZLE_KIND=core|tenant` chooses which kind of database migrations are generated for. */
const kind = process.env.DRIZZLE_KIND === 'tenant' ? 'tenant' : 'core'

export default defineConfig({
  dialect: 'postgresql',
  // Tables beside the first ones have files of their own: `core-domains.schema.ts`.
  schema: `./server/data/${kind}*.schema.ts`,
  out: `./drizzle/${kind}`,
  schemaFilter: [kind === 'tenant' ? 'tenant' : 'public'],
})
