import { requestInvalid } from './problem-details.ts'

const shape = /^(\d{4})-(\d\d)-(\d\d)(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/

/**
 * A time in a query: a date (its midnight in UTC), or a time in RFC 3339. Throws `request.invalid` 422 for what is none
 * and for what PostgreSQL could not take, such as the year 0 or 30 February.
 * @param path the parameter's name
 */
export function readTime(path: string, text: string): Date {
  const [, year, month, day] = shape.exec(text) ?? []
  const time = new Date(text)
  const isDay = Number(day) <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  if (!isDay || Number.isNaN(time.getTime()) || time.getUTCFullYear() < 1 || time.getUTCFullYear() > 9998) {
    const message = 'must be a date such as 2026-01-31, or a time such as 2026-01-31T00:00:00Z'
    throw requestInvalid({ detail: `${path}: ${message}`, errors: [{ path, message }] })
  }
  return time
}
