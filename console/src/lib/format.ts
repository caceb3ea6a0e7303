const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' })
const clockTime = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })

/** An RFC 3339 time as a UTC date: “21 Nov 2026”. */
export function formatDay(time: string): string {
  return day.format(new Date(time))
}

/** An RFC 3339 time in full, for a tooltip: “2026-11-21 09:36:12 UTC”. */
export function formatFullTime(time: string): string {
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** How long ago, in words: “14 min ago”, “today”, “3 days ago”, “2 months ago”, “5 years ago”. */
export function formatAge(options: { time: string; now: Date }): string {
  const minutes = Math.max(0, (options.now.getTime() - new Date(options.time).getTime()) / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${Math.floor(minutes)} min ago`
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`
  const days = Math.floor(minutes / (24 * 60))
  if (days < 60) return days === 1 ? 'yesterday' : `${days} days ago`
  const months = Math.floor(days / 30.44)
  if (months < 24) return `${months} months ago`
  return `${Math.floor(days / 365.25)} years ago`
}

/** A wait in words, rounded up so that it is never too short: “40 seconds”, “1 minute”, “15 minutes”, “2 hours”. */
export function formatWait(seconds: number): string {
  if (seconds < 60) return plural({ count: Math.max(1, Math.ceil(seconds)), unit: 'second' })
  if (seconds <= 90 * 60) return plural({ count: Math.ceil(seconds / 60), unit: 'minute' })
  return plural({ count: Math.ceil(seconds / 3600), unit: 'hour' })
}

/** The clock time here after a wait, rounded up to the minute so that it is never too early: “14:32”. */
export function formatTimeAfter(options: { seconds: number; now: Date }): string {
  return clockTime.format(Math.ceil((options.now.getTime() + options.seconds * 1000) / 60_000) * 60_000)
}

/** Up to two initials of a name, else the first letter of an address. */
export function findInitials(options: { name: string | null; email: string }): string {
  const words = options.name?.trim().split(/\s+/).filter(Boolean) ?? []
  const first = words[0] ?? options.email
  const last = words.length > 1 ? words.at(-1) : undefined
  return [first, last]
    .map((word) => /[\p{L}\p{N}]/u.exec(word ?? '')?.[0] ?? '')
    .join('')
    .toUpperCase()
}

function plural(options: { count: number; unit: string }): string {
  return `${options.count} ${options.unit}${options.count === 1 ? '' : 's'}`
}
