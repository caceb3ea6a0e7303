/** What drivers and PostgreSQL say when the database cannot be reached, stops, or takes no more for now. */
const outageCodes = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ERR_POSTGRES_CONNECTION_CLOSED',
  'ERR_POSTGRES_CONNECTION_TIMEOUT',
  'ERR_POSTGRES_CONNECTION_REFUSED',
  // Closed while it was opened, as by a proxy whose database is away.
  'ERR_POSTGRES_CONNECTION_FAILED',
  'ERR_POSTGRES_IDLE_TIMEOUT',
  'ERR_POSTGRES_LIFETIME_TIMEOUT',
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '08006',
  '08001',
  '08003',
  '57014',
  '53100',
  // The database takes no connections for now, as while it is moved.
  '55000',
])

/** Whether something failed because the database is away or full: it may work later, just as it was. */
export function isDatabaseOutage(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false
  const codes = ['code', 'errno'].map((name) => Reflect.get(thrown, name))
  if (codes.some((code) => typeof code === 'string' && outageCodes.has(code))) return true
  return thrown.cause !== undefined && isDatabaseOutage(thrown.cause)
}
