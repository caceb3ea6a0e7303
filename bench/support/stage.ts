import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { isConsoleBuildStale } from '../../console/build.ts'
import { startEmbeddedPostgres } from '../../server/data/embedded-postgres.ts'
import { createLog } from '../../server/platform/log.ts'
import { callApi } from './api.ts'
import { type Child, runToEnd, spawnLoadGenerator, spawnProduct, spawnServer } from './processes.ts'

/** How fast an upstream talks. `together` writes the whole answer at once, `running` each token as soon as it can. */
export type Pace = 'together' | 'running' | 'typing' | 'slow'

/** Milliseconds between an upstream's tokens. */
export const paceMs: Record<Pace, number> = { together: 0, running: 0.01, typing: 10, slow: 50 }
/** Tokens of every answer. */
export const tokensPerAnswer = 64

/** A tenant's user, signed in there. */
export interface Member {
  id: string
  token: string
}

/** A tenant whose model talks at one pace, and whose users have conversations already. */
export interface BenchTenant {
  id: string
  members: Member[]
  /** Conversations with a history of 20 messages; the n-th belongs to the member n modulo their number. */
  sessions: string[]
}

/** Everything that is measured against each other, each in a process of its own. */
export interface Stage {
  product: Child & { url: string }
  upstreams: Record<Pace, Child & { url: string }>
  /** Path `/<n>` is the n-th of `paces`. */
  passThrough: Child & { url: string }
  floors: { driver: string; server: Child & { url: string } }[]
  tenants: Record<Pace, BenchTenant>
  /** Its owner's address of the product's database. */
  databaseUrl: string
  /** A platform user's token. */
  superuserToken: string
  load: ReturnType<typeof spawnLoadGenerator>
  close(): Promise<void>
}

/** The order in which pass-through numbers the upstreams. */
export const paces: Pace[] = ['together', 'running', 'typing', 'slow']

const root = join(import.meta.dir, '..', '..')
const superuser = { email: 'bench@platform.example', password: 'correct horse battery staple' }
/** The product's SECRET_KEY, for parts of it that run in the bench itself. */
export const productSecretKey = 'bench-secret-key-0123456789abcdefghijklmnop'
const jwtSecret = 'bench-jwt-secret-key-0123456789abcdefghijkl'
/** Of the product's figures. */
export const metricsToken = 'bench-metrics-token-0123456789'
const membersPerTenant = 16
const sessionsPerTenant = 512
const startMsMax = 180_000

/** Starts it all. `profileDir`: the product writes a CPU profile there when it stops. */
export async function openStage(options: { profileDir?: string }): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'tenantry-bench-'))
  const open: { stop(): Promise<void> }[] = []
  const keep = <T extends { stop(): Promise<void> }>(child: T): T => {
    open.unshift(child)
    return child
  }
  const close = async (): Promise<void> => {
    for (const child of open) await child.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    // Production's durability: fsync and synchronous_commit stay on.
    const log = createLog({ level: 'error' })
    const database = keep(await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log }))
    const upstreamAt = (pace: Pace) => {
      const behaviour = JSON.stringify({ tokens: tokensPerAnswer, delayMs: paceMs[pace] })
      return spawnServer([join(root, 'tests/support/fake-openai-process.ts'), behaviour])
    }
    const upstreams = {
      together: keep(await upstreamAt('together')),
      running: keep(await upstreamAt('running')),
      typing: keep(await upstreamAt('typing')),
      slow: keep(await upstreamAt('slow')),
    }
    // As in the image; the server would build it in its own process, and carry the bundler in its heap from then on.
    if (await isConsoleBuildStale()) await runToEnd([join(root, 'console/build.ts')])
    const profile = options.profileDir ? ['--cpu-prof', '--cpu-prof-md', `--cpu-prof-dir=${options.profileDir}`] : []
    const product = keep(
      await spawnProduct({
        args: [...profile, join(root, 'server/main.ts')],
        logFile: join(folder, 'server.log'),
        startMsMax,
        env: {
          NODE_ENV: 'production',
          HOST: '127.0.0.1',
          PORT: '0',
          LOG_LEVEL: 'info',
          DATABASE_URL: database.url,
          SECRET_KEY: productSecretKey,
          JWT_SECRET_KEY: jwtSecret,
          ACCESS_TOKEN_EXPIRE_MINUTES: '240',
          SUPERUSER_EMAIL: superuser.email,
          SUPERUSER_PASSWORD: superuser.password,
          OPENAI_API_KEY: 'bench-openai',
          OPENAI_BASE_URL: upstreams.together.url,
          DEEPSEEK_API_KEY: 'bench-deepseek',
          DEEPSEEK_BASE_URL: upstreams.typing.url,
          ALLOW_LOOPBACK_UPSTREAMS: 'true',
          ORGANIZATIONS_PER_OWNER: '10000',
          REQUESTS_PER_MINUTE_MAX: '1000000000',
          METRICS_TOKEN: metricsToken,
        },
      }),
    )
    const superuserToken = await signIn(product.url, superuser)
    const ownModel = (url: string) => ({
      model_provider: 'openai-compatible',
      model_base_url: url,
      model_api_key: 'bench-own-key',
      model: 'bench',
    })
    const settings: Record<Pace, object> = {
      together: { model_provider: 'openai' },
      running: ownModel(upstreams.running.url),
      typing: { model_provider: 'deepseek' },
      slow: ownModel(upstreams.slow.url),
    }
    const tenantAt = (pace: Pace) =>
      makeTenant({ url: product.url, databaseUrl: database.url, superuserToken, id: pace, settings: settings[pace] })
    const tenants = {
      together: await tenantAt('together'),
      running: await tenantAt('running'),
      typing: await tenantAt('typing'),
      slow: await tenantAt('slow'),
    }
    const addresses = JSON.stringify(paces.map((pace) => upstreams[pace].url))
    const passThrough = keep(await spawnServer([join(root, 'bench/servers/pass-through.ts'), addresses]))
    const floors: Stage['floors'] = []
    for (const driver of ['postgres.js', 'Bun.sql']) {
      const args = [join(root, 'bench/servers/users-me-floor.ts'), driver, database.url, jwtSecret]
      floors.push({ driver, server: keep(await spawnServer(args)) })
    }
    const load = keep(spawnLoadGenerator())
    return { product, upstreams, passThrough, floors, tenants, databaseUrl: database.url, superuserToken, load, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function makeTenant(parts: {
  url: string
  databaseUrl: string
  superuserToken: string
  id: Pace
  settings: object
}): Promise<BenchTenant> {
  const { url, id } = parts
  await callApi({
    url: `${url}/admin/tenants`,
    token: parts.superuserToken,
    body: { id, name: id, ...parts.settings },
  })
  const password = 'a password of a bench'
  const hash = await Bun.password.hash(password, { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 })
  const emails = Array.from({ length: membersPerTenant }, (_, n) => `member${n}@${id}.example`)
  const sql = postgres(parts.databaseUrl, { max: 1, onnotice: () => undefined })
  try {
    const users = await sql<{ id: string }[]>`
      insert into tenant.tenant_users (tenant_id, id, email, full_name, password_hash, is_verified)
      select ${id}, gen_random_uuid(), email, 'Member of ' || ${id}::text, ${hash}, true
      from jsonb_array_elements_text(${sql.json(emails)}) with ordinality as e(email, n) order by n
      returning id`
    const sessions = await sql<{ id: string }[]>`
      insert into tenant.chat_sessions (tenant_id, id, user_id, title)
      select ${id}, gen_random_uuid(), (${sql.json(users.map((user) => user.id))}::jsonb ->> (n % ${users.length}))::uuid,
        'Bench'
      from generate_series(0, ${sessionsPerTenant - 1}) n order by n
      returning id`
    await sql`
      insert into tenant.chat_messages (tenant_id, id, session_id, role, content, created_at)
      select s.tenant_id, gen_random_uuid(), s.id, case n % 2 when 1 then 'user' else 'assistant' end,
        repeat('some words of a message ', 12), now() - (60 - n) * interval '1 second'
      from tenant.chat_sessions s, generate_series(1, 20) n where s.tenant_id = ${id}`
    // Not everything: an empty ledger known to be empty gets plans that scan it whole, for as long as they are cached.
    await sql`analyze tenant.tenant_users, tenant.chat_sessions, tenant.chat_messages`
    const members: Member[] = []
    for (const [n, email] of emails.entries()) {
      members.push({ id: users[n]?.id ?? '', token: await signIn(url, { email, password }, id) })
    }
    return { id, members, sessions: sessions.map((session) => session.id) }
  } finally {
    await sql.end()
  }
}

/** Signs in, to a tenant if one is named; returns the Authorization header. */
export async function signIn(url: string, who: { email: string; password: string }, tenant?: string): Promise<string> {
  const answer = await callApi({ url: `${url}/auth/login`, tenant, body: who })
  return `Bearer ${String(answer.access_token)}`
}
