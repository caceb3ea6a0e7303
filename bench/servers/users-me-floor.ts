import { createHmac, timingSafeEqual } from 'node:crypto'
import { SQL } from 'bun'
import { Elysia } from 'elysia'
import postgres from 'postgres'

// The floor of an authenticated read: the same token verified by node:crypto, its claims checked, and one prepared,
// unscoped query. `bun users-me-floor.ts postgres.js|Bun.sql <database url> <JWT secret>`. Prints its URL.
const [driver = '', databaseUrl = '', secret = ''] = process.argv.slice(2)

interface UserRow {
  id: string
  email: string
  full_name: string | null
  is_active: boolean
  is_verified: boolean
  created_at: Date
}

const poolMax = 10
const findUser = driver === 'Bun.sql' ? openBunSql() : openPostgresJs()

const app = new Elysia()
  .get('/users/me', async ({ request, status }) => {
    const claims = verify(request.headers.get('authorization') ?? '')
    if (!claims) return status(401, 'who are you')
    const row = await findUser(claims.tenant_id, claims.sub)
    if (!row) return status(401, 'who are you')
    return {
      id: row.id,
      email: row.email,
      full_name: row.full_name,
      scope: 'tenant',
      tenant_id: claims.tenant_id,
      is_active: row.is_active,
      is_verified: row.is_verified,
      is_owner: false,
      is_superuser: false,
      created_at: row.created_at.toISOString(),
    }
  })
  .listen({ port: 0, hostname: '127.0.0.1' })
process.stdout.write(`http://127.0.0.1:${app.server?.port}\n`)

function openPostgresJs(): (tenantId: string, userId: string) => Promise<UserRow | undefined> {
  const sql = postgres(databaseUrl, { max: poolMax, fetch_types: false })
  return async (tenantId, userId) => {
    const [row] = await sql<UserRow[]>`
      select id, email, full_name, is_active, is_verified, created_at from tenant.tenant_users
      where tenant_id = ${tenantId} and id = ${userId}`
    return row
  }
}

function openBunSql(): (tenantId: string, userId: string) => Promise<UserRow | undefined> {
  const sql = new SQL({ url: databaseUrl, max: poolMax })
  return async (tenantId, userId) => {
    const rows: UserRow[] = await sql`
      select id, email, full_name, is_active, is_verified, created_at from tenant.tenant_users
      where tenant_id = ${tenantId} and id = ${userId}::uuid`
    return rows[0]
  }
}

function verify(header: string): { sub: string; tenant_id: string } | undefined {
  const [head, payload, signature] = header.replace(/^Bearer /, '').split('.')
  if (!head || !payload || !signature) return undefined
  const { alg, typ } = JSON.parse(Buffer.from(head, 'base64url').toString())
  if (alg !== 'HS256' || typ !== 'at+jwt') return undefined
  const expected = createHmac('sha256', secret).update(`${head}.${payload}`).digest()
  const given = Buffer.from(signature, 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const valid = claims.iss === 'tenantry' && claims.aud === 'tenantry-api' && claims.exp * 1000 > Date.now()
  return valid ? claims : undefined
}
