import { t } from 'elysia'
import type { ChangeFeed } from '../../data/change-feed.ts'
import type { CoreDatabase } from '../../data/core-database.ts'
import { readDatabaseFacts } from '../../data/installation.data.ts'
import { databaseUnavailable } from '../../http/problem-details.ts'
import { type Gates, publicRoutes, superuserRoutes } from '../../http/routes.ts'
import { nullable, time } from '../../http/schemas.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Config } from '../../platform/config.ts'
import { withDeadline } from '../../platform/deadline.ts'
import { defineError } from '../../platform/errors.ts'
import type { Redis } from '../../platform/redis.ts'
import type { SecretBox } from '../../platform/secrets.ts'
import { version } from '../../platform/version.ts'

import { keyStateView, readKeyState } from './key-state.ts'

/** Requests should not come now; `missing` tells why. */
const notReady = defineError({ code: 'server.not_ready', status: 503, title: 'The server is not ready' })

const checkTimeoutMs = 1_500

/** What health and the System page look at. */
export interface SystemParts {
  config: Config
  core: CoreDatabase
  secretBox: SecretBox
  feed: ChangeFeed
  redis: Redis | undefined
  clock: Clock
  /** True once the server drains: then it is alive, but not ready. */
  isDraining: () => boolean
  startedAt: Date
}

const databaseView = t.Object({
  status: t.Union([t.Literal('healthy'), t.Literal('unhealthy')]),
  kind: t.Union([t.Literal('embedded'), t.Literal('external')]),
  version: nullable(t.String()),
  latency_ms: nullable(t.Integer()),
})

/** Null without `REDIS_URL`: then every replica counts limits by itself. */
const redisView = nullable(
  t.Object({
    status: t.Union([t.Literal('healthy'), t.Literal('unhealthy')]),
    latency_ms: nullable(t.Number()),
    since: time,
  }),
)

/** Health, for load balancers. Redis is no part of it: without it every replica goes by itself (guarantee D3). */
export function healthRoutes(parts: SystemParts) {
  const ensureDatabase = async () => {
    try {
      return await checkDatabase(parts)
    } catch (cause) {
      throw databaseUnavailable({ detail: 'The database does not answer.', cause })
    }
  }

  return publicRoutes('/health', 'System')
    .get('/', () => ({ status: 'healthy' as const, version, timestamp: parts.clock.now().toISOString() }), {
      response: { 200: t.Object({ status: t.Literal('healthy'), version: t.String(), timestamp: time }) },
      detail: { summary: 'Is the process alive?' },
    })
    .get(
      '/db',
      async () => {
        await ensureDatabase()
        return { database: 'healthy' as const }
      },
      {
        response: { 200: t.Object({ database: t.Literal('healthy') }) },
        detail: { summary: 'Does the database answer?' },
      },
    )
    .get(
      '/ready',
      async () => {
        const missing = [
          ...(parts.isDraining() ? ['the server is shutting down'] : []),
          ...(parts.feed.isListening() ? [] : ['the change feed is not connected']),
        ]
        await checkDatabase(parts).catch(() => missing.push('the database does not answer'))
        if (missing.length > 0) throw notReady({ detail: `Not ready: ${missing.join(', ')}.`, extensions: { missing } })
        return { status: 'ready' as const }
      },
      { response: { 200: t.Object({ status: t.Literal('ready') }) }, detail: { summary: 'May requests come?' } },
    )
}

/** Version, database, upstreams and configuration, for superusers. */
export function systemRoutes(parts: SystemParts & { gates: Gates }) {
  return superuserRoutes(parts.gates, '/admin/system', 'System')
    .get('/keys', () => readKeyState(parts), {
      response: { 200: keyStateView },
      detail: { summary: 'How far the rotation of keys is' },
    })
    .get(
      '/',
      async () => {
        const database = await checkDatabase(parts).catch(() => undefined)
        const { config } = parts
        return {
          version,
          bun_version: Bun.version,
          mode: config.mode,
          started_at: parts.startedAt.toISOString(),
          installation_id: parts.core.installationId,
          database: {
            status: database ? ('healthy' as const) : ('unhealthy' as const),
            kind: config.databaseUrl ? ('external' as const) : ('embedded' as const),
            version: database?.version ?? null,
            latency_ms: database?.latencyMs ?? null,
          },
          change_feed: { listening: parts.feed.isListening() },
          redis: describeRedis(parts.redis),
          models: {
            openai: config.openai.apiKey !== undefined,
            deepseek: config.deepseek.apiKey !== undefined,
            offline: config.offlineModel,
          },
          pinecone: { shared: config.pinecone.shared, index_name: config.pinecone.indexName !== undefined },
          variables_set: config.variablesSet,
        }
      },
      {
        response: {
          200: t.Object({
            version: t.String(),
            bun_version: t.String(),
            mode: t.Union([t.Literal('production'), t.Literal('development')]),
            started_at: time,
            installation_id: t.String(),
            database: databaseView,
            change_feed: t.Object({ listening: t.Boolean() }),
            redis: redisView,
            models: t.Object({ openai: t.Boolean(), deepseek: t.Boolean(), offline: t.Boolean() }),
            pinecone: t.Object({ shared: t.Boolean(), index_name: t.Boolean() }),
            variables_set: t.Array(t.String()),
          }),
        },
        detail: { summary: 'Version, database, upstreams; configuration without values' },
      },
    )
}

function describeRedis(redis: Redis | undefined) {
  if (!redis) return null
  const { status, latencyMs, since } = redis.health()
  return { status, latency_ms: latencyMs === null ? null : Number(latencyMs.toFixed(2)), since: since.toISOString() }
}

async function checkDatabase({ core, clock }: SystemParts): Promise<{ version: string; latencyMs: number }> {
  const startedMs = clock.monotonicMs()
  const facts = await withDeadline(readDatabaseFacts(core.db), checkTimeoutMs, () => new Error('no answer'))
  return { version: facts.version, latencyMs: Math.round(clock.monotonicMs() - startedMs) }
}
