import { type Gates, superuserRoutes } from '../../http/routes.ts'
import { auditActorOf } from '../../http/tenant-gate.ts'
import { fleetView } from './fleet.schemas.ts'
import { type FleetParts, readFleet, retryFailedStores } from './fleet.usecases.ts'

/** The databases of dedicated tenants, for superusers. */
export function fleetRoutes(parts: FleetParts & { gates: Gates }) {
  return superuserRoutes(parts.gates, '/admin/system/fleet', 'System')
    .get('/', () => readFleet(parts), {
      response: { 200: fleetView },
      detail: { summary: 'Migrations of dedicated databases, their servers, what was set aside, running moves' },
    })
    .post(
      '/retry',
      async ({ principal, request, set }) => {
        const isDone = await retryFailedStores(parts, auditActorOf(request, principal))
        set.status = isDone ? 200 : 202
        return readFleet(parts)
      },
      {
        response: { 200: fleetView, 202: fleetView },
        detail: {
          summary: 'Make or migrate every failed database again',
          description: 'Answers once all were tried; 202 when that takes longer than 10 seconds, and goes on.',
        },
      },
    )
}
