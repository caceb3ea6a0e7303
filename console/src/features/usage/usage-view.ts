import type { Bucket } from '../../lib/times.ts'
import { choiceField, defineView, optionalField, textField } from '../../lib/view-state.ts'

const ranges = ['24h', '7d', '30d', 'month'] as const
const groups = ['tenant', 'model', 'user', 'purpose'] as const
const buckets = ['auto', 'hour', 'day', 'month'] as const
const figures = ['requests', 'tokens', 'cost', 'failed'] as const

/** How far back. */
export type Range = (typeof ranges)[number]
/** What is told apart. */
export type Group = (typeof groups)[number]
/** What the chart shows. */
export type FigureKey = (typeof figures)[number]

/** What the address of the usage page holds; `per=auto` is the hour within a day, else the day. */
export const usageView = defineView({
  range: choiceField(ranges, '30d'),
  group: choiceField(groups, 'tenant'),
  per: choiceField(buckets, 'auto'),
  figure: choiceField(figures, 'requests'),
  only: optionalField(),
  sort: textField('-requests', 40),
})

/** The times a view covers, and how it is cut. RFC 3339, `to` not included. */
export interface Period {
  from: string
  to: string
  bucket: Bucket
  group: Group
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** The period of a view: whole UTC hours or days, the present one included. */
export function findPeriod(options: { range: Range; per: 'auto' | Bucket; group: Group; now: Date }): Period {
  const { range, group, now } = options
  const bucket = options.per === 'auto' ? (range === '24h' ? 'hour' : 'day') : options.per
  const stepMs = range === '24h' ? hourMs : dayMs
  const toMs = (Math.floor(now.getTime() / stepMs) + 1) * stepMs
  const steps = { '24h': 24, '7d': 7, '30d': 30 }
  const fromMs = range === 'month' ? Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1) : toMs - steps[range] * stepMs
  return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), bucket, group }
}

/** The start of every bucket of a period, in order; the first may begin before the period does. */
export function listBuckets({ from, to, bucket }: Pick<Period, 'from' | 'to' | 'bucket'>): string[] {
  const starts: string[] = []
  const first = new Date(from)
  if (bucket !== 'hour') first.setUTCHours(0)
  if (bucket === 'month') first.setUTCDate(1)
  const endMs = Date.parse(to)
  let atMs = first.getTime()
  while (atMs < endMs) {
    const at = new Date(atMs)
    starts.push(at.toISOString())
    if (bucket === 'month') atMs = Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1)
    else atMs += bucket === 'hour' ? hourMs : dayMs
  }
  return starts
}
