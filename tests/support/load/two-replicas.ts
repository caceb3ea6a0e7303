import postgres from 'postgres'
import { call, type Reply } from '../call.ts'
import { makeDedicatedTenant } from '../dedicated.ts'
import { type FakeOpenAi, startFakeOpenAi } from '../fake-openai.ts'
import { type KillablePostgres, startKillablePostgres } from '../killable-postgres.ts'
import { password } from '../people.ts'
import { startRedis, type TestRedis } from '../redis-server.ts'
import { enterAsRoot, startRootedServer } from '../rooted-server.ts'
import type { ServerProcess } from '../server-process.ts'
import type { Asker, Servers } from './chat-client.ts'

/** Two servers in processes of their own, and everything they stand on, each of which may be killed. */
export interface TwoReplicas {
  database: KillablePostgres
  redis: TestRedis
  model: FakeOpenAi
  /** Both, the dead ones under their last address. */
  servers: Servers
  /** When a server was killed, on the clock of `performance.now()`. */
  killedAtMs: number[]
  /** What servers need of their environment; `REDIS_URL` among it. */
  env: Record<string, string>
  replica(at: number): ServerProcess
  killReplica(at: number): Promise<void>
  startReplica(at: number): Promise<void>
  /** One more, which `stop` ends. */
  startAnother(env?: Record<string, string>): Promise<ServerProcess>
  /** What every server wrote, those that were killed included. */
  outputs(): string[]
  /** The first superuser's. */
  token: string
  /** As the first superuser. */
  admin(route: string, body?: unknown): Promise<Reply>
  /** The owner's connection to the core database. */
  sql: postgres.Sql
  stop(): Promise<void>
}

/** Starts them. */
export async function startTwoReplicas(): Promise<TwoReplicas> {
  const [database, redis, model] = await Promise.all([startKillablePostgres(), startRedis(), startFakeOpenAi()])
  const env = { OPENAI_BASE_URL: model.url, REDIS_URL: redis.url, ACCESS_TOKEN_EXPIRE_MINUTES: '600' }
  const start = (more: Record<string, string> = {}): Promise<ServerProcess> =>
    startRootedServer(database, { ...env, ...more })
  // One after the other: the first migrates.
  const running = [await start(), await start()]
  const all = [...running]
  const killedAtMs: number[] = []
  const replica = (at: number): ServerProcess => {
    const found = running[at]
    if (!found) throw new Error(`there is no replica ${at}`)
    return found
  }
  const { token } = await enterAsRoot(replica(0))
  const sql = postgres(database.ownerUrl, { max: 2, onnotice: () => undefined })
  let turn = 0
  return {
    database,
    redis,
    model,
    env,
    servers: { next: () => replica(turn++ % running.length) },
    killedAtMs,
    replica,
    async killReplica(at) {
      killedAtMs.push(performance.now())
      await replica(at).killHard()
    },
    async startReplica(at) {
      running[at] = await start()
      all.push(replica(at))
    },
    async startAnother(more) {
      const another = await start(more)
      all.push(another)
      return another
    },
    outputs: () => [...new Set(all)].map((server) => server.output()),
    token,
    admin: (route, body) => call(replica(0), route, { token, body }),
    sql,
    async stop() {
      await sql.end({ timeout: 1 })
      for (const server of all) await server.killHard()
      await Promise.all([redis.stop(), model.stop(), database.stop()])
    },
  }
}

/** A tenant, and those who ask its bot: users with tokens, the last a program with a key. */
export async function makeAskers(
  world: TwoReplicas,
  tenant: { id: string; isolation: 'pooled' | 'dedicated'; users: number; withKey: boolean; settings: object },
): Promise<Asker[]> {
  const { id, settings } = tenant
  if (tenant.isolation === 'dedicated') {
    await makeDedicatedTenant(world.replica(0), world, id, { ...settings })
  } else await expectStatus(world.admin('POST /admin/tenants', { id, name: id, ...settings }), 201)
  const askers: Asker[] = []
  for (let at = 0; at < tenant.users; at++) {
    const email = `user${at}@${id}.example`
    await expectStatus(world.admin(`POST /admin/tenants/${id}/users`, { email, password }), 201)
    const login = await expectStatus(
      call(world.replica(0), 'POST /auth/login', { tenant: id, body: { email, password } }),
      200,
    )
    const me = await expectStatus(call(world.replica(0), 'GET /users/me', { token: login.body.access_token }), 200)
    askers.push({ name: `${id}${at}`, tenant: id, token: login.body.access_token, userId: me.body.id })
  }
  if (tenant.withKey) {
    const key = await expectStatus(world.admin(`POST /admin/tenants/${id}/api-keys`, { name: 'Program' }), 201)
    askers.push({ name: `${id}key`, tenant: id, token: key.body.secret, userId: key.body.id })
  }
  return askers
}

async function expectStatus(calling: Promise<Reply>, status: number): Promise<Reply> {
  const reply = await calling
  if (reply.status !== status) throw new Error(`answered ${reply.status} instead of ${status}: ${reply.text}`)
  return reply
}
