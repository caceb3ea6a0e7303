import type { Bucket } from '../../lib/times.ts'
import { choiceField, dayField, defineView, optionalField, textField } from '../../lib/view-state.ts'

const ranges = ['24h', '7d', '30d', 'month', 'custom'] as const
const groups = ['tenant', 'model', 'user', 'purpose'] as const
const buckets = ['auto', 'hour', 'day', 'month'] as const
const figures = ['requests', 'tokens', 'cost', 'failed'] as const

/** How far back. */
export type Range = (typeof ranges)[number]
/** What is told apart. */
export type Group = (typeof groups)[number]
/** What the chart shows. */
export type FigureKey = (typeof figures)[number]

/**
 * What the address of the usage page holds; `per=auto` is the hour within two days, else the day, beyond half a year the
 * month. `range=custom&from=2026-10-01&to=2026-10-31` are UTC days, both included.
 */
export const usageView = defineView({
  range: choiceField(ranges, '30d'),
  from: dayField(),
  to: dayField(),
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

/** A range, with the days of one's own choice. */
export interface RangeChoice {
  range: Range
  from?: string
  to?: string
}

/** The period of a view: whole UTC hours or days, the present one included. */
export function findPeriod(options: RangeChoice & { per: 'auto' | Bucket; group: Group; now: Date }): Period {
  const { per, group } = options
  const { fromMs, toMs } = findSpan(options)
  const bucket = per === 'auto' ? findBucket({ fromMs, toMs }) : per
  return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), bucket, group }
}

/** The width of a bar when none was chosen. */
export function findBucket(span: { fromMs: number; toMs: number }): Bucket {
  const days = (span.toMs - span.fromMs) / dayMs
  return days <= 2 ? 'hour' : days <= 184 ? 'day' : 'month'
}

function findSpan(options: RangeChoice & { now: Date }): { fromMs: number; toMs: number } {
  const { range, now } = options
  const stepMs = range === '24h' ? hourMs : dayMs
  const toMs = (Math.floor(now.getTime() / stepMs) + 1) * stepMs
  if (range === 'month') return { fromMs: startOfMonth(now, 0), toMs }
  if (range === 'custom') {
    const { from, to } = fillDays(options)
    return { fromMs: Date.parse(from), toMs: Date.parse(to) + dayMs }
  }
  const steps = { '24h': 24, '7d': 7, '30d': 30 }
  return { fromMs: toMs - steps[range] * stepMs, toMs }
}

/** The days of one's own choice; what is missing is a month back, or today, and the end never before the beginning. */
export function fillDays(options: { from?: string; to?: string; now: Date }): { from: string; to: string } {
  const today = options.now.toISOString().slice(0, 10)
  const to = options.to ?? today
  const from = options.from ?? new Date(Date.parse(to) - 29 * dayMs).toISOString().slice(0, 10)
  return from <= to ? { from, to } : { from: to, to: from }
}

/**
 * The period before, as far as this one has come: the same length ending where this one began, of a month the month before
 * up to the same day and hour. What is not over is compared with as much.
 */
export function findPeriodBefore(options: RangeChoice & { period: Period; now: Date }): Period {
  const { range, period, now } = options
  const [fromMs, toMs] = [Date.parse(period.from), Date.parse(period.to)]
  const reachedMs = Math.min(toMs, (Math.floor(now.getTime() / hourMs) + 1) * hourMs) - fromMs
  const startMs = range === 'month' ? startOfMonth(now, -1) : fromMs - (toMs - fromMs)
  const endMs = Math.min(fromMs, startMs + Math.max(hourMs, reachedMs))
  return { ...period, from: new Date(startMs).toISOString(), to: new Date(endMs).toISOString() }
}

/** What the period before is called behind a change: “+8.2% on the 30 days before”. */
export function nameBefore(options: { range: Range; period: Pick<Period, 'from' | 'to'> }): {
  on: string
  none: string
  name: string
} {
  const { range, period } = options
  if (range === 'month') {
    return { on: 'on as much of last month', none: 'none in as much of last month', name: 'Last month' }
  }
  const days = Math.round((Date.parse(period.to) - Date.parse(period.from)) / dayMs)
  const span = range === '24h' ? '24 hours' : days === 1 ? 'day' : `${days} days`
  return { on: `on the ${span} before`, none: `none in the ${span} before`, name: `The ${span} before` }
}

function startOfMonth(now: Date, months: number): number {
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1)
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
