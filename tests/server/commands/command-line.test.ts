import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'

const root = join(import.meta.dir, '../../..')
const commands = {
  'db:migrate': 'server/commands/migrate.ts',
  superuser: 'server/commands/superuser.ts',
  'secrets:rotate': 'server/commands/rotate-secrets.ts',
  'usage:reconcile': 'server/commands/usage-reconcile.ts',
}

/** Runs a command where nothing listens: whatever reaches for the database fails. */
async function run(path: string, words: string[]) {
  const child = Bun.spawn([process.execPath, path, ...words], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', DATABASE_URL: 'postgres://nobody:nothing@127.0.0.1:1/none' },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { out, errors, code: await child.exited }
}

describe.each(Object.entries(commands))('bun run %s', (name, path) => {
  test('is the script of that name', async () => {
    const { scripts }: { scripts: Record<string, string> } = await Bun.file(join(root, 'package.json')).json()
    expect(scripts[name]).toBe(`bun ${path}`)
  })

  test.each(['--help', '-h'])('explains itself with %p, and does nothing', async (word) => {
    const { out, errors, code } = await run(path, [word])
    expect(out).toStartWith(`Usage: bun run ${name}`)
    expect(errors).toBe('')
    expect(code).toBe(0)
  })

  test.each([[['--dry-run']], [['one', 'two', 'three']]])('refuses %j before it begins', async (words) => {
    const { out, errors, code } = await run(path, words)
    expect(out).toBe('')
    expect(errors).toContain('is not understood.')
    expect(errors).toContain(`Usage: bun run ${name}`)
    expect(code).toBe(2)
  })
})
