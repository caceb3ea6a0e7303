import postgres from 'postgres'

/** A call of the product's API: GET without a body, else POST unless another method is named. Returns the JSON object; throws unless it is a 2xx. */
export async function callApi(call: {
  url: string
  /** The whole Authorization header. */
  token?: string
  tenant?: string
  body?: object
  method?: string
}): Promise<Record<string, unknown>> {
  const headers = new Headers({ 'content-type': 'application/json' })
  if (call.token) headers.set('authorization', call.token)
  if (call.tenant) headers.set('x-tenant', call.tenant)
  const response = await fetch(call.url, {
    method: call.method ?? (call.body ? 'POST' : 'GET'),
    headers,
    body: call.body && JSON.stringify(call.body),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${call.url} answered ${response.status}: ${text.slice(0, 500)}`)
  return JSON.parse(text)
}

/** Onboards a tenant with a database of its own, as a superuser. */
export async function makeDedicated(
  stage: { product: { url: string }; superuserToken: string },
  id: string,
): Promise<void> {
  const made = await callApi({
    url: `${stage.product.url}/admin/tenants`,
    token: stage.superuserToken,
    body: { id, name: id, isolation: 'dedicated' },
  })
  if (made.state !== 'active') throw new Error(`${id} is ${String(made.state)}: ${String(made.failure)}`)
}

/** Milliseconds that something took. */
export async function timeMs(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await work()
  return performance.now() - startedMs
}

/** Runs `work` on a connection of the database's owner. */
export async function withSql<T>(stage: { databaseUrl: string }, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(stage.databaseUrl, { max: 1, onnotice: () => undefined })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}
