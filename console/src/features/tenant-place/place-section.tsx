import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { formatDay, formatFullTime } from '../../lib/format.ts'
import { useView } from '../../lib/use-view.ts'
import { getMovesQueryOptions, type Move } from '../../panels/move.queries.ts'
import { useServers } from '../../panels/use-servers.ts'
import type { Tenant } from '../../panels/tenant.queries.ts'
import { Button } from '../../ui/button.tsx'
import { CopyId } from '../../ui/copy-id.tsx'
import { DescribedSection } from '../../ui/described-section.tsx'
import { Fact, Facts } from '../../ui/facts.tsx'
import { Icon } from '../../ui/icons.tsx'
import { When } from '../../ui/time.tsx'
import { MoveDialog } from './move-dialog.tsx'
import { settingsView } from './settings.view.ts'
import { describeEnd, type NameServer } from '../../panels/move-words.ts'

/** Where a tenant's rows live, since when, and, for superusers, the way to move them and how the last move ended. */
export function PlaceSection(props: { tenant: Tenant; isSuperuser: boolean }): ReactNode {
  const { tenant, isSuperuser } = props
  const { servers, nameServer } = useServers(isSuperuser)
  const [view, change] = useView(settingsView)
  const { data: moves } = useQuery({ ...getMovesQueryOptions(useApi(), tenant.id), enabled: isSuperuser })
  const isOwn = tenant.isolation === 'dedicated'
  const since = moves?.find(({ step }) => step === 'moved')?.ended_at ?? tenant.created_at
  const server = tenant.database_server_id === null ? undefined : nameServer(tenant.database_server_id)
  const [last] = moves?.filter(({ ended_at }) => ended_at !== null) ?? []
  return (
    <DescribedSection
      wide
      title="Database"
      lead={
        isOwn
          ? 'Its rows lie in a database of their own, reached by a login of its own.'
          : 'Its rows lie beside those of others, kept apart by the database itself.'
      }
    >
      <Facts>
        <Fact name="Isolation">{isOwn ? 'Own database' : 'Shared database'}</Fact>
        {server !== undefined && <Fact name="Server">{server}</Fact>}
        {tenant.database_name !== null && (
          <Fact name="Name">
            <CopyId id={tenant.database_name} what="database name" />
          </Fact>
        )}
        {isSuperuser && (
          <Fact name="Since">
            <time dateTime={since} title={formatFullTime(since)}>
              {formatDay(since)}
            </time>
          </Fact>
        )}
        {last && (
          <Fact name="Last move">
            <LastMove move={last} nameServer={nameServer} />
          </Fact>
        )}
      </Facts>
      {isSuperuser && (
        <div className="mt-3">
          <Button
            reason={
              tenant.state === 'active' || tenant.state === 'moving' ? undefined : 'Only an active tenant can be moved'
            }
            onClick={() => change({ move: true })}
          >
            {tenant.state === 'moving' ? 'Show the move' : 'Move tenant…'}
          </Button>
          <MoveDialog
            open={view.move}
            tenant={tenant}
            servers={servers}
            nameServer={nameServer}
            onClose={() => change({ move: false })}
          />
        </div>
      )}
    </DescribedSection>
  )
}

function LastMove(props: { move: Move; nameServer: NameServer }): ReactNode {
  const { move } = props
  const words = describeEnd(move, props.nameServer)
  return (
    <div className="py-[2px]">
      <p className="flex items-center gap-[6px]">
        {move.step === 'failed' && <Icon name="failure" className="shrink-0 text-danger" />}
        <span className={move.step === 'failed' ? 'font-medium text-danger' : undefined}>{words?.title}</span>
        <span className="text-meta text-ink-3">
          <When time={move.ended_at} />
        </span>
      </p>
      <p className="text-meta text-ink-3">
        {words?.advice}
        {move.source_kept_until !== null && ` The former store is kept until ${formatDay(move.source_kept_until)}.`}
      </p>
    </div>
  )
}
