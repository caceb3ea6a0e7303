/** Keeps a number and its unit on one line. */
const space = '\u00A0'

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const grouped = (digits: number): Intl.NumberFormat =>
  new Intl.NumberFormat('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
const tiny = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 })
const zeroToFour = [grouped(0), grouped(1), grouped(2), grouped(3), grouped(4)]

/** A number with its unit apart, so that a figure can draw them in two sizes. */
export interface Quantity {
  /** “912.4”, “$0.0121”, “no price”. */
  number: string
  /** “M”, “ms”, “%”; empty when there is none. */
  unit: string
}

/** Joins a quantity for running text: “912.4 M”. */
export function joinQuantity({ number, unit }: Quantity): string {
  return unit === '' ? number : `${number}${space}${unit}`
}

/** A count in full: 1,284. */
export function formatCount(value: number): string {
  return whole.format(value)
}

/** A count that stays whole below ten million and is shortened beyond: 1,284,906 · 912.4 M · 3.86 B. */
export function describeCount(value: number): Quantity {
  if (Math.abs(value) < 10_000_000) return { number: whole.format(value), unit: '' }
  return shorten(value)
}

/** A count for a narrow place, an axis or a tooltip: 912 · 23.8 k · 912.4 M · 3.86 B. */
export function formatShort(value: number): string {
  return joinQuantity(shorten(value))
}

/** An axis label: as short as it can be without lying (10 k, 1.5 k, 0.5). */
export function formatTick(value: number): string {
  const { number, unit } = shorten(value)
  return joinQuantity({ number: number.includes('.') ? number.replace(/\.?0+$/, '') : number, unit })
}

/** Tokens in a table: whole below 100,000, then in millions with one digit, so that a column can be compared. */
export function formatTokens(value: number): string {
  return Math.abs(value) < 100_000 ? whole.format(value) : `${digits(value / 1e6, 1)}${space}M`
}

/** Money from micro-USD: $3,412.08 · $0.0121; null (no price is known) is “no price”, never $0. */
export function formatMoney(microUsd: number | null): string {
  if (microUsd === null) return 'no price'
  const dollars = microUsd / 1_000_000
  const sign = dollars < 0 ? '−' : ''
  const size = Math.abs(dollars)
  if (size !== 0 && size < 0.0001) return `${sign}<$0.0001`
  return `${sign}$${digits(size, size !== 0 && size < 1 ? 4 : 2)}`
}

/** Money on an axis: $0 · $15 · $1.2 k · $0.00004, since ticks of a tiny cost must differ, too. */
export function formatMoneyTick(microUsd: number): string {
  const dollars = microUsd / 1_000_000
  return `$${Math.abs(dollars) < 1 ? tiny.format(dollars) : formatTick(dollars)}`
}

/** A duration: <1 ms · 318 ms · 1,204 ms; from ten seconds 12.4 s; null is “no data”. */
export function describeMs(ms: number | null): Quantity {
  if (ms === null) return { number: 'no data', unit: '' }
  if (ms < 1) return { number: '<1', unit: 'ms' }
  return ms < 10_000 ? { number: whole.format(ms), unit: 'ms' } : { number: digits(ms / 1000, 1), unit: 's' }
}

/** A duration in a table: 318 ms. */
export function formatMs(ms: number | null): string {
  return joinQuantity(describeMs(ms))
}

/** A duration where a second is the measure, an axis or a running test: 318 ms · 1.2 s. */
export function formatDuration(ms: number): string {
  return ms < 1000 ? `${whole.format(ms)}${space}ms` : `${digits(ms / 1000, 1)}${space}s`
}

/** A duration on an axis: 0 · 318 ms · 1.2 s. */
export function formatDurationTick(ms: number): string {
  return ms === 0 ? '0' : formatDuration(ms)
}

/** A share of a whole, 0 to 1: 0.42 % below ten per cent, 13.5 % beyond. */
export function describeShare(share: number): Quantity {
  const percent = share * 100
  if (percent === 0 || percent === 100) return { number: whole.format(percent), unit: '%' }
  return { number: digits(percent, Math.abs(percent) < 10 ? 2 : 1), unit: '%' }
}

/** A share in a table: 13.5 %. */
export function formatShare(share: number): string {
  return joinQuantity(describeShare(share))
}

/** A share in a column, always with one digit, so that rows can be compared: 13.5 % · 7.2 % · <0.1 %. */
export function formatColumnShare(share: number): string {
  if (share > 0 && share < 0.0005) return `<0.1${space}%`
  return joinQuantity({ number: digits(share * 100, 1), unit: '%' })
}

/** Bytes: 812 B · 14.2 kB · 1.9 GB. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const step = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3))
  return `${digits(bytes / 1000 ** step, step === 0 ? 0 : 1)}${space}${units[step] ?? ''}`
}

/** How a number moved against the one before. */
export interface Change {
  /** “+8.2%”, “−0.4%”, “unchanged”. */
  text: string
  direction: 'up' | 'down' | 'none'
}

/** The change against the period before; undefined when there is nothing to compare with. */
export function describeChange(options: { now: number; before: number }): Change | undefined {
  const { now, before } = options
  if (before === 0) return undefined
  const percent = ((now - before) / Math.abs(before)) * 100
  const shown = percent === 0 ? 0 : Number(percent.toFixed(Math.abs(percent) < 100 ? 1 : 0))
  if (shown === 0) return { text: 'unchanged', direction: 'none' }
  const size = Math.abs(shown) < 100 ? digits(Math.abs(shown), 1) : whole.format(Math.abs(shown))
  return shown > 0 ? { text: `+${size}%`, direction: 'up' } : { text: `−${size}%`, direction: 'down' }
}

/** The change of a share in percentage points: “+0.17 pt”. */
export function describePointChange(options: { now: number; before: number }): Change {
  const points = Number(((options.now - options.before) * 100).toFixed(2))
  if (points === 0) return { text: 'unchanged', direction: 'none' }
  const text = `${points > 0 ? '+' : '−'}${digits(Math.abs(points), 2)}${space}pt`
  return { text, direction: points > 0 ? 'up' : 'down' }
}

/** A count and its noun: “1 user”, “1,306 users”; give the plural where it is irregular. */
export function formatPlural(count: number, one: string, many = `${one}s`): string {
  return `${whole.format(count)} ${count === 1 ? one : many}`
}

function shorten(value: number): Quantity {
  const size = Math.abs(value)
  // The bounds lie where rounding would carry over, so that 999,960 is 1.00 M and never 1,000.0 k.
  if (size < 1000)
    return { number: Number.isInteger(value) ? whole.format(value) : digits(value, size < 10 ? 2 : 1), unit: '' }
  if (size < 999_950) return { number: digits(value / 1e3, 1), unit: 'k' }
  if (size < 999_950_000) return { number: digits(value / 1e6, 1), unit: 'M' }
  return { number: digits(value / 1e9, 2), unit: 'B' }
}

function digits(value: number, count: 0 | 1 | 2 | 3 | 4): string {
  const text = zeroToFour[count]?.format(value) ?? String(value)
  return text.replace('-', '−')
}
