import { expect, test } from 'bun:test'
import { join } from 'node:path'
// Everything that defines errors is loaded by these.
import '../../../server/app.ts'
import '../../../server/core-address.ts'
import '../../../server/drain.ts'
import '../../../server/data/migrate.ts'
import '../../../server/services.ts'
import { listErrorDefinitions } from '../../../server/platform/errors.ts'

const path = join(import.meta.dir, '../../../docs/errors.md')

/** `UPDATE_DOCS=1 bun run test error-table` writes the table anew. */
test('docs/errors.md lists every error code with its status and meaning', async () => {
  const rows = listErrorDefinitions().map(({ code, status, title }) => `| \`${code}\` | ${status} | ${title} |`)
  const table = ['| code | status | meaning |', '| --- | --- | --- |', ...rows].join('\n')
  const text = await Bun.file(path).text()
  const updated = text.replace(/\| code +\|[\s\S]*?\n(?=\n|$)/, `${table}\n`)
  if (process.env.UPDATE_DOCS) await Bun.write(path, updated)
  const current = process.env.UPDATE_DOCS ? updated : text
  const normalise = (markdown: string): string => markdown.replaceAll(/ +/g, ' ').replaceAll(/-+/g, '-')
  expect(updated).toContain('| `auth.token_invalid` | 401 |')
  expect(normalise(current)).toBe(normalise(updated))
})
