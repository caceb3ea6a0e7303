import { afterAll, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startOwner, untilNoServerProcess } from './owner.ts'

const kills = process.env.FULL === '1' ? 50 : 3
const restartMaxMs = 10_000
const folder = mkdtempSync(join(tmpdir(), 'tenantry-kill-'))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test(
  `D13: killed with kill -9 ${kills} times, the embedded database restarts within 10 s and keeps every acknowledged row`,
  async () => {
    const dataDir = join(folder, 'killed')
    const acknowledged: number[] = []
    const restartsMs: number[] = []
    for (let round = 0; round <= kills; round += 1) {
      const owner = startOwner({ dataDir })
      const { numbers, startedMs } = await owner.report
      restartsMs.push(startedMs)
      const found = new Set(numbers)
      expect(acknowledged.filter((number) => !found.has(number))).toEqual([])
      await owner.hasAcknowledged(1 + ((round * 37) % 200))
      await owner.kill()
      acknowledged.push(...owner.acknowledged)
    }
    expect(Math.max(...restartsMs)).toBeLessThanOrEqual(restartMaxMs)
    expect(acknowledged.length).toBeGreaterThan(kills)
    await untilNoServerProcess({ dataDir, timeoutMs: restartMaxMs })
  },
  60_000 + kills * 12_000,
)

test('D13: a kill -9 while the database is first made leaves nothing broken', async () => {
  const dataDir = join(folder, 'first-start')
  const owner = startOwner({ dataDir })
  while (!existsSync(dataDir) || !readdirSync(dataDir).some((name) => name.startsWith('postgres.new-'))) {
    await Bun.sleep(5)
  }
  await owner.kill()
  expect(existsSync(join(dataDir, 'postgres'))).toBe(false)

  const next = startOwner({ dataDir, mode: 'stop' })
  expect((await next.report).numbers).toEqual([])
  expect(await next.exited).toBe(0)
  expect(readdirSync(dataDir).sort()).toEqual(['lock', 'postgres', 'postgres-password'])
  expect(statSync(join(dataDir, 'postgres-password')).mode & 0o777).toBe(0o600)
})

test('D13: a kill -9 of the database server itself, its owner too, is recovered from', async () => {
  const dataDir = join(folder, 'server-killed')
  const owner = startOwner({ dataDir })
  await owner.hasAcknowledged(20)
  process.kill((await owner.report).postmasterPid, 'SIGKILL')
  await owner.kill()
  const next = startOwner({ dataDir, mode: 'stop' })
  const { numbers, startedMs } = await next.report
  expect(owner.acknowledged.filter((number) => !numbers.includes(number))).toEqual([])
  expect(startedMs).toBeLessThanOrEqual(restartMaxMs)
  expect(await next.exited).toBe(0)
})

test('D13: a stale lock file whose process id now belongs to another program does not stop the start', async () => {
  const dataDir = join(folder, 'stale')
  const owner = startOwner({ dataDir })
  await owner.hasAcknowledged(1)
  const lockFile = join(dataDir, 'postgres', 'postmaster.pid')
  const lines = readFileSync(lockFile, 'utf8').split('\n')
  process.kill((await owner.report).postmasterPid, 'SIGKILL')
  await owner.kill()
  await untilNoServerProcess({ dataDir, timeoutMs: restartMaxMs })
  // This test's own process stands for the unrelated program.
  writeFileSync(lockFile, [String(process.pid), ...lines.slice(1)].join('\n'))

  const next = startOwner({ dataDir, mode: 'stop' })
  expect((await next.report).numbers).toContain(1)
  expect(await next.exited).toBe(0)
})

test('D13: an orderly stop ends the server and its watchdog', async () => {
  const dataDir = join(folder, 'stopped')
  const owner = startOwner({ dataDir, mode: 'stop' })
  expect(await owner.exited).toBe(0)
  await untilNoServerProcess({ dataDir, timeoutMs: 2_000 })
})
