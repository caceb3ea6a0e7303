import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { formatDay } from '../../lib/format.ts'
import { formatBytes, formatMs, formatPlural } from '../../lib/numbers.ts'
import { tenantPath } from '../../lib/paths.ts'
import { describePlace, describeStep, type NameServer } from '../../panels/move-words.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { Bone } from '../../ui/bone.tsx'
import { DescribedSection } from '../../ui/described-section.tsx'
import { Fact, Facts } from '../../ui/facts.tsx'
import { State } from '../../ui/state.tsx'
import { FailedStores } from './failed-stores.tsx'
import { describeMigrations, describeVersions } from './fleet-words.ts'
import { getFleetQueryOptions, type Fleet } from '../../panels/fleet.queries.ts'

/** The databases of dedicated tenants: their migrations, their servers, their moves, and what is kept of former ones. */
export function FleetSections(): ReactNode {
  const fleet = useQuery(getFleetQueryOptions(useApi()))
  return (
    <DescribedSection
      wide
      title="Own databases"
      lead="Of dedicated tenants. Each is migrated by itself: one that fails stops no other."
    >
      <QueryPanel what="Own databases" query={fleet} skeleton={<FleetSkeleton />}>
        {(data) => <FleetFacts fleet={data} />}
      </QueryPanel>
    </DescribedSection>
  )
}

function FleetFacts({ fleet }: { fleet: Fleet }): ReactNode {
  const { migrations, servers, moves, kept } = fleet
  const { kind, words } = describeMigrations(migrations)
  const nameServer: NameServer = (id) =>
    servers.length > 1 ? servers.find((server) => server.id === id)?.name : undefined
  const setAside = servers.flatMap((server) => server.set_aside.map((database) => ({ ...database, server })))
  return (
    <>
      <Facts>
        <Fact name="Migrations">
          <State kind={kind}>{words}</State>
          {migrations.tenants > 0 && <span className="text-ink-3">{describeVersions(migrations)}</span>}
        </Fact>
        <Fact name="Servers">
          <Servers servers={servers} />
        </Fact>
        {moves.length > 0 && (
          <Fact name="Moving now">
            <ul className="flex flex-col gap-1 py-[2px]">
              {moves.map((move) => (
                <li key={move.id}>
                  <Link to={tenantPath(move.tenant_id, 'settings')} search={{ move: true }} className="link">
                    {move.tenant_name}
                  </Link>{' '}
                  to {describePlace(move.target, nameServer)}
                  <span className="block text-meta text-ink-3">{describeStep(move)}</span>
                </li>
              ))}
            </ul>
          </Fact>
        )}
        {kept.length > 0 && (
          <Fact name="Former stores">
            <details className="py-[2px]">
              <summary className="w-fit cursor-default rounded-xs">
                {formatPlural(kept.length, 'store')} of moved tenants kept
              </summary>
              <ul className="mt-1 flex flex-col gap-1 text-meta text-ink-2">
                {kept.map((store) => (
                  <li key={`${store.tenant_id} ${store.database_name} ${store.until}`}>
                    <Link to={tenantPath(store.tenant_id, 'settings')} className="link">
                      {store.tenant_id}
                    </Link>
                    {store.database_name === null ? ', rows in the shared database' : `, ${store.database_name}`}, until{' '}
                    {formatDay(store.until)}
                  </li>
                ))}
              </ul>
            </details>
          </Fact>
        )}
        {setAside.length > 0 && (
          <Fact name="Set aside">
            <div className="py-[2px]">
              <State kind="attention">{formatPlural(setAside.length, 'database')} with rows and without a tenant</State>
              <p className="text-meta text-ink-3">
                Nothing here ever drops them. Look at them with psql, then drop them there yourself.
              </p>
              <ul className="mt-1 flex flex-col gap-1 text-meta text-ink-2">
                {setAside.map((database) => (
                  <li key={`${database.server.id} ${database.database_name}`}>
                    <span className="font-mono wrap-anywhere">{database.database_name}</span> on {database.server.name},{' '}
                    {formatBytes(database.bytes)}
                  </li>
                ))}
              </ul>
            </div>
          </Fact>
        )}
      </Facts>
      {migrations.failed.length > 0 && <FailedStores stores={migrations.failed} />}
    </>
  )
}

/** One line a server: whether it answers, what it is, how many live there. */
function Servers(props: { servers: Fleet['servers'] }): ReactNode {
  return (
    <ul className="flex flex-col py-[2px]">
      {props.servers.map((server) => (
        <li key={server.id} className="flex flex-wrap items-center gap-x-3">
          <State kind={server.status === 'healthy' ? 'fine' : 'failed'}>
            <span className="font-medium">{server.name}</span>
            {server.status === 'healthy' ? ' answers' : ' does not answer'}
          </State>
          <span className="text-ink-3">
            {[
              server.latency_ms === null ? undefined : `in ${formatMs(server.latency_ms)}`,
              server.version === null ? undefined : `PostgreSQL ${server.version}`,
              formatPlural(server.tenants, 'own database'),
            ]
              .filter((words) => words !== undefined)
              .join(', ')}
          </span>
        </li>
      ))}
      <li>
        <Link to="/system/servers" className="link">
          Database servers
        </Link>
      </li>
    </ul>
  )
}

function FleetSkeleton(): ReactNode {
  return (
    <div className="flex flex-col">
      {[140, 220].map((width) => (
        <div key={width} className="flex h-[32px] items-center gap-10">
          <Bone width={76} />
          <Bone width={width} />
        </div>
      ))}
    </div>
  )
}
