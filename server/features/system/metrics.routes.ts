import { createHash, timingSafeEqual } from 'node:crypto'
import { tokenInvalid } from '../../http/identity.ts'
import { routeNotFound } from '../../http/problem-details.ts'
import { publicRoutes } from '../../http/routes.ts'
import type { Config } from '../../platform/config.ts'
import { type ConnectionParts, registerConnections } from './connection-metrics.ts'
import { type PoolParts, registerPools } from './pool-metrics.ts'

/** What metrics are made of. */
export interface MetricsParts extends PoolParts, ConnectionParts {
  core: PoolParts['core'] & ConnectionParts['core']
  config: Pick<Config, 'metricsToken'>
}

/** Figures of this replica for Prometheus; each replica is scraped by itself. */
export function metricsRoutes(parts: MetricsParts) {
  const { metrics, config } = parts
  registerPools(parts)
  registerConnections(parts)
  const expected = config.metricsToken === undefined ? undefined : digest(config.metricsToken)

  return publicRoutes('/metrics', 'System').get(
    '/',
    async ({ request }) => {
      if (!expected) throw routeNotFound({ detail: 'There is no such route.' })
      const given = /^bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? ''
      if (!timingSafeEqual(digest(given), expected)) {
        throw tokenInvalid({
          detail: 'This needs the token of METRICS_TOKEN.',
          headers: { 'www-authenticate': 'Bearer realm="tenantry metrics"' },
        })
      }
      return new Response(await metrics.expose(), {
        headers: { 'content-type': metrics.registry.contentType, 'cache-control': 'no-store' },
      })
    },
    {
      detail: {
        summary: 'Figures of this replica, for Prometheus; 404 unless METRICS_TOKEN is set',
        security: [{ metrics: [] }],
        responses: {
          200: { description: 'The figures', content: { 'text/plain': { schema: { type: 'string' as const } } } },
        },
      },
    },
  )
}

/** Of equal length whatever was given, so that comparing takes the same time. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
