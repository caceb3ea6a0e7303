import { formatBucket, formatBucketTick } from '../../lib/times.ts'
import type { ChartPoint } from './series.ts'

const dayMs = 86_400_000

/**
 * The points of an overview's range up to now: steps of `stepSeconds`, `each` of them to a point. The last one is not over
 * yet.
 */
export function makeRangePoints(options: {
  range: string
  stepSeconds: number
  /** When each step begins. */
  times: readonly string[]
  each?: number
}): readonly ChartPoint[] {
  const { range, times, stepSeconds, each = 1 } = options
  const groups = groupSteps(times, each)
  return groups.map((group, at) => {
    const key = group[0] ?? ''
    const open = at === groups.length - 1
    const label = formatBucket({ time: key, bucket: 'hour', widthMs: stepSeconds * each * 1000 })
    return {
      key,
      tick: group.map((time) => tickAt({ time, range })).find((tick) => tick !== '') ?? '',
      label: open ? `${label}, so far` : label,
      open,
    }
  })
}

/** What belongs to each point when `each` steps make one. */
export function groupSteps<Step>(steps: readonly Step[], each: number): readonly (readonly Step[])[] {
  return Array.from({ length: Math.ceil(steps.length / each) }, (_, at) => steps.slice(at * each, (at + 1) * each))
}

/** Days are named where their middle is, so that no label stands at a day that is cut; a day's hours every three. */
function tickAt(options: { time: string; range: string }): string {
  const { time, range } = options
  const at = new Date(time)
  const hour = at.getUTCHours()
  if (range === '24h')
    return at.getUTCMinutes() === 0 && hour % 3 === 0 ? formatBucketTick({ time, bucket: 'hour', spanMs: dayMs }) : ''
  const days = range === '30d' ? 30 : 7
  return hour === (days === 30 ? 8 : 12) ? formatBucketTick({ time, bucket: 'hour', spanMs: days * dayMs }) : ''
}
