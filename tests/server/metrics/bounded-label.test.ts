import { expect, test } from 'bun:test'
import { Counter } from 'prom-client'
import { createBoundedLabel } from '../../../server/platform/bounded-label.ts'
import { createMetrics } from '../../../server/platform/metrics.ts'

test('the first values get their names, the rest are one', () => {
  const label = createBoundedLabel({ max: 2 })
  expect(['a', 'b', 'c', 'a', 'd'].map((value) => label.of(value))).toEqual(['a', 'b', '_other', 'a', '_other'])
})

test('a much busier value takes the place of the least busy, which is told; none swap back and forth', () => {
  const label = createBoundedLabel({ max: 2 })
  const demoted: string[] = []
  label.onDemoted((value) => demoted.push(value))
  for (let n = 0; n < 100; n += 1) label.of('a')
  for (let n = 0; n < 10; n += 1) label.of('b')
  const given = Array.from({ length: 60 }, () => label.of('late'))
  expect(given.indexOf('late')).toBe(29)
  expect(demoted).toEqual(['b'])
  for (let n = 0; n < 30; n += 1) expect([label.of('b'), label.of('late')]).toEqual(['_other', 'late'])
})

test('a hundred thousand values cost no more memory than a bound', () => {
  const label = createBoundedLabel({ max: 10 })
  const given = new Set(Array.from({ length: 100_000 }, (_, n) => label.of(`tenant-${n}`)))
  expect(given.size).toBe(11)
})

test('the series of a tenant that lost its name are gone, those of others go on', async () => {
  const metrics = createMetrics({ tenantsNamedMax: 1 })
  const labelNames = ['tenant', 'kind']
  const counter = new Counter({ name: 'things_total', help: 'things', labelNames, registers: [metrics.registry] })
  counter.inc({ tenant: metrics.tenants.of('quiet'), kind: 'x' })
  for (let n = 0; n < 40; n += 1) counter.inc({ tenant: metrics.tenants.of('busy'), kind: 'x' })
  await Bun.sleep(0)
  const text = await metrics.expose()
  metrics.stop()
  expect(text).not.toContain('quiet')
  expect(text).toContain('things_total{tenant="_other",kind="x"} 20')
  expect(text).toContain('things_total{tenant="busy",kind="x"} 20')
})
