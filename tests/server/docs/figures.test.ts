import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { registerConnections } from '../../../server/features/system/connection-metrics.ts'
import { systemClock } from '../../../server/platform/clock.ts'
import { createMetrics } from '../../../server/platform/metrics.ts'
import { anchorsOf } from '../../support/markdown.ts'
import { startApp, type TestApp } from '../../support/start-app.ts'

/** What the documents, the dashboard and the alert rules say of `/metrics` is what a server has. */

/** Labels that Prometheus adds to every series. */
const labelsOfPrometheus = ['job', 'instance']

/** A rule's or panel's expression, and the text that shows labels of its result. */
interface Expression {
  of: string
  text: string
  shown: string[]
}

const root = join(import.meta.dir, '../../..')
const read = (path: string): Promise<string> => Bun.file(join(root, path)).text()

let app: TestApp
/** The labels of all series that a server with everything has. */
let labelsOf: Map<string, string[]>
let expressions: Expression[]

beforeAll(async () => {
  app = await startApp()
  labelsOf = listSeries()
  expressions = [...(await readAlerts()), ...(await readPanels())]
})
afterAll(() => app.stop())

function listSeries(): Map<string, string[]> {
  const withRedis = createMetrics()
  registerConnections({ ...app.services, metrics: withRedis, redis: { isAvailable: true }, clock: systemClock })
  const metrics = [app.services.metrics, withRedis].flatMap(({ registry }) => registry.getMetricsAsArray())
  withRedis.stop()
  return new Map(
    metrics.flatMap((metric): [string, string[]][] => {
      const names: unknown = Reflect.get(metric, 'labelNames')
      const labels = Array.isArray(names) ? names.map(String) : []
      const { name } = metric
      if (String(metric.type) !== 'histogram') return [[name, labels]]
      return [
        [`${name}_bucket`, [...labels, 'le']],
        [`${name}_sum`, labels],
        [`${name}_count`, labels],
      ]
    }),
  )
}

async function readAlerts(): Promise<Expression[]> {
  const text = await read('docs/prometheus/alerts.yaml')
  return membersOf(Bun.YAML.parse(text), 'rules').flatMap((rules) => objectsIn(rules).map(readAlert))
}

function readAlert(rule: object): Expression {
  const shown = [...JSON.stringify(rule).matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label)
  return { of: String(Reflect.get(rule, 'alert')), text: String(Reflect.get(rule, 'expr')), shown }
}

async function readPanels(): Promise<Expression[]> {
  const dashboard: unknown = JSON.parse(await read('docs/grafana/tenantry.json'))
  return membersOf(dashboard, 'panels').flatMap(objectsIn).flatMap(readPanel)
}

function readPanel(panel: object): Expression[] {
  return objectsIn(Reflect.get(panel, 'targets')).map((target) => ({
    of: String(Reflect.get(panel, 'title')),
    text: String(Reflect.get(target, 'expr')),
    shown: [...String(Reflect.get(target, 'legendFormat')).matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(
      ([, label = '']) => label,
    ),
  }))
}

const objectsIn = (value: unknown): object[] =>
  Array.isArray(value) ? value.filter((each): each is object => typeof each === 'object' && each !== null) : []

/** Every member of this name, at any depth. */
function membersOf(value: unknown, name: string): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) => [
    ...(key === name ? [member] : []),
    ...membersOf(member, name),
  ])
}

const namesIn = (text: string): string[] => text.match(/\b(?:tenantry|http|process)_[a-z_]+\b/g) ?? []

/** The series of an expression with the labels they are picked by. */
const selectorsIn = (text: string): { name: string; labels: string[] }[] =>
  [...text.matchAll(/\b((?:tenantry|http|process)_[a-z_]+)(?:\{([^}]*)\})?/g)].map(([, name = '', picked = '']) => ({
    name,
    labels: [...picked.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  }))

test('alerts and the dashboard name only figures that there are', () => {
  expect(expressions.length).toBeGreaterThan(40)
  const named = expressions.flatMap(({ text }) => namesIn(text))
  expect(named.length).toBeGreaterThan(50)
  expect(named.filter((name) => !labelsOf.has(name))).toEqual([])
})

test('they pick, group by and show only labels that their figures have', () => {
  const wrong: string[] = []
  for (const { of, text, shown } of expressions) {
    const series = selectorsIn(text)
    const known = new Set([...series.flatMap(({ name }) => labelsOf.get(name) ?? []), ...labelsOfPrometheus])
    for (const { name, labels } of series) {
      const own = [...(labelsOf.get(name) ?? []), ...labelsOfPrometheus]
      wrong.push(...labels.filter((label) => !own.includes(label)).map((label) => `${of}: ${name}{${label}}`))
    }
    const groups = [...text.matchAll(/\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g)].map(([, list = '']) =>
      list.split(',').flatMap((label) => label.trim() || []),
    )
    // What is summed up shows only what it is summed by.
    const left = groups.length > 0 && / by \(/.test(text) ? new Set([...groups.flat(), ...labelsOfPrometheus]) : known
    wrong.push(...groups.flat().flatMap((label) => (known.has(label) ? [] : `${of}: by (${label})`)))
    wrong.push(...shown.flatMap((label) => (left.has(label) ? [] : `${of}: shows ${label}`)))
  }
  expect(wrong).toEqual([])
})

test('figures whose names other programs have, too, are asked for by job', () => {
  const shared = expressions.flatMap(({ of, text }) =>
    selectorsIn(text)
      .filter(({ name, labels }) => !name.startsWith('tenantry_') && !labels.includes('job'))
      .map(({ name }) => `${of}: ${name}`),
  )
  expect(shared).toEqual([])
})

test('each rule names a runbook that there is', async () => {
  const alerts: unknown = Bun.YAML.parse(await read('docs/prometheus/alerts.yaml'))
  const anchors = anchorsOf(await read('docs/runbooks.md'))
  const runbooks = membersOf(alerts, 'runbook').map(String)
  expect(runbooks.length).toBe(membersOf(alerts, 'alert').length)
  for (const runbook of runbooks) expect(anchors).toContain(runbook.replace('docs/runbooks.md#', ''))
})

test('every figure is explained with exactly its labels, and no other is', async () => {
  const page = await read('docs/observability.md')
  const told = new Map<string, string[]>()
  for (const [, names = '', labels = ''] of page.matchAll(/^\| (`[a-z_`, ]+`) +\| ([^|]*)\|/gm)) {
    const list = labels.split(',').flatMap((label) => label.trim() || [])
    for (const name of namesIn(names)) told.set(name, list)
  }
  const figures = new Map(
    [...labelsOf].map(([name, labels]) => [
      name.replace(/_(bucket|sum|count)$/, ''),
      labels.filter((label) => label !== 'le'),
    ]),
  )
  // A label in brackets belongs to some of the figures of its line.
  for (const [name, labels] of told) {
    const own = figures.get(name) ?? []
    const left = labels.filter((label) => !label.startsWith('(') || own.includes(label.slice(1, -1)))
    told.set(name, left.map((label) => label.replace(/[()]/g, '')).toSorted())
  }
  const sorted = [...figures].map(([name, labels]): [string, string[]] => [name, labels.toSorted()])
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(sorted))
})
