import { t } from 'elysia'
import type { OwnOrigin } from '../../http/own-origin.ts'
import { type Gates, managerRoutes } from '../../http/routes.ts'
import type { Config } from '../../platform/config.ts'

const connectView = t.Object({
  address: t.String({ description: 'PUBLIC_URL, else where this request came in' }),
  allowed_origins: t.Array(t.String(), { description: 'Whose pages may call this server, beside verified domains' }),
})

/** What a tenant's frontend needs to know of this server, for managers. */
export function connectRoutes(parts: { config: Pick<Config, 'corsOrigins'>; ownOrigin: OwnOrigin; gates: Gates }) {
  const { config, ownOrigin, gates } = parts
  return managerRoutes(gates, 'Tenants').get(
    '/connect',
    ({ request }) => ({ address: ownOrigin.addressOf(request), allowed_origins: config.corsOrigins }),
    {
      response: { 200: connectView },
      detail: { summary: 'Where frontends reach this server, and from which origins' },
    },
  )
}
