const dayMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
const dayMonthYear = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
})
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' })
const monthYear = new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', timeZone: 'UTC' })

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** The width of one point of a series. */
export type Bucket = 'hour' | 'day' | 'month'

/**
 * When something was, as short as a table has room for: “now”, “14 min”, “2 h”, then a UTC date (“3 Nov”, with the year
 * when it is another one). Null is “never”.
 */
export function formatWhen(options: { time: string | null; now: Date }): string {
  if (options.time === null) return 'never'
  const time = new Date(options.time)
  const ageMs = options.now.getTime() - time.getTime()
  if (ageMs < minuteMs) return ageMs > -minuteMs ? 'now' : formatDate({ time: options.time, now: options.now })
  if (ageMs < hourMs) return `${Math.floor(ageMs / minuteMs)} min`
  if (ageMs < dayMs) return `${Math.floor(ageMs / hourMs)} h`
  return formatDate({ time: options.time, now: options.now })
}

/** A UTC date: “3 Nov”, with the year when it is another one than now’s. */
export function formatDate(options: { time: string | Date; now: Date }): string {
  const time = new Date(options.time)
  const sameYear = time.getUTCFullYear() === options.now.getUTCFullYear()
  return (sameYear ? dayMonth : dayMonthYear).format(time)
}

/** A span of UTC days, both included: “22 Oct to 20 Nov 2026”. */
export function formatSpan(options: { from: string; to: string }): string {
  const [from, to] = [new Date(options.from), new Date(options.to)]
  const sameYear = from.getUTCFullYear() === to.getUTCFullYear()
  return `${(sameYear ? dayMonth : dayMonthYear).format(from)} to ${dayMonthYear.format(to)}`
}

/** The tick below a point of a series: “14:00” within a day, “Sat 14” within a fortnight, else “22 Oct”, “Nov 2026”. */
export function formatBucketTick(options: { time: string; bucket: Bucket; spanMs: number }): string {
  const time = new Date(options.time)
  if (options.bucket === 'month') return monthYear.format(time)
  if (options.spanMs <= 2 * dayMs && options.bucket === 'hour') return formatClock(time)
  if (options.spanMs <= 15 * dayMs)
    return weekday
      .format(time)
      .replace(/,? \w+$/, '')
      .replace(',', '')
  return dayMonth.format(time)
}

/**
 * A point of a series in a tooltip, all UTC: “Wed 18 Nov, 14:00–16:00”, “Fri 13 Nov”, “Nov 2026”; a day that is none of
 * the calendar is “Tue 17 Nov 16:00 to Wed 18 Nov 16:00”.
 */
export function formatBucket(options: { time: string; bucket: Bucket; widthMs?: number }): string {
  const time = new Date(options.time)
  if (options.bucket === 'month') return monthYear.format(time)
  const day = weekday.format(time).replace(',', '')
  if (options.bucket === 'day') return day
  const end = new Date(time.getTime() + (options.widthMs ?? hourMs))
  if (end.getTime() - time.getTime() < dayMs) return `${day}, ${formatClock(time)}–${formatClock(end)}`
  return `${day} ${formatClock(time)} to ${weekday.format(end).replace(',', '')} ${formatClock(end)}`
}

function formatClock(time: Date): string {
  return time.toISOString().slice(11, 16)
}
