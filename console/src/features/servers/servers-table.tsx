import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { getFleetQueryOptions } from '../../panels/fleet.queries.ts'
import type { DatabaseServer } from '../../panels/use-servers.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { ListRow } from '../../ui/list-row.tsx'
import { MenuItem, MenuLine } from '../../ui/menu-items.tsx'
import { Menu } from '../../ui/menu.tsx'
import { Meter } from '../../ui/meter.tsx'
import { State } from '../../ui/state.tsx'
import type { Column } from '../../ui/table-column.ts'
import { Table } from '../../ui/table.tsx'
import { useToasts } from '../../ui/toasts.ts'
import { ServerForm } from './server-form.tsx'
import {
  describeConnections,
  describePool,
  describeRefusedServer,
  describeServer,
  describeTenants,
  findRemovalObstacle,
} from './server-words.ts'
import { useChangeServer, useRemoveServer } from './use-servers-admin.ts'

/** The database servers, each with what can be done with it. */
export function ServersTable(props: { servers: readonly DatabaseServer[] }): ReactNode {
  return (
    <Table
      label="Database servers"
      rows={props.servers}
      keyOf={({ id }) => id}
      columns={columns}
      phoneRow={drawPhoneRow}
    />
  )
}

function drawPhoneRow(server: DatabaseServer): ReactNode {
  return (
    <ListRow
      name={server.name}
      detail={<ServerState server={server} />}
      number={describeTenants(server)}
      below={<ServerMenu server={server} />}
    />
  )
}

const columns: readonly Column<DatabaseServer>[] = [
  {
    key: 'name',
    head: 'Server',
    cell: (server) => (
      <span className="flex min-w-0 flex-col">
        <span className="truncate leading-[16px] font-medium text-ink">{server.name}</span>
        <span className="truncate text-meta font-normal text-ink-3">
          {server.host === null ? (
            'with the core database'
          ) : (
            <span className="font-mono text-[12px]/[16px]">{server.host}</span>
          )}
        </span>
      </span>
    ),
  },
  { key: 'state', head: 'State', width: '196px', cell: (server) => <ServerState server={server} /> },
  { key: 'tenants', head: 'Own databases', width: '130px', align: 'end', cell: describeTenants },
  {
    key: 'connections',
    head: 'Connections',
    width: '190px',
    align: 'end',
    cell: ({ name, connections }) => (
      <span className="flex items-center justify-end gap-[10px]">
        {connections === null ? <span className="text-ink-3">none yet</span> : describeConnections(connections)}
        {connections !== null && (
          <Meter
            className="w-[46px] shrink-0"
            label={`Connections of ${name}, ${describeConnections(connections)}`}
            share={connections.max === 0 ? 1 : connections.open / connections.max}
          />
        )}
      </span>
    ),
  },
  {
    key: 'pool',
    head: 'Open when needed',
    width: '260px',
    align: 'end',
    cell: ({ connections }) => <span className="text-ink-2">{describePool(connections)}</span>,
  },
  { key: 'menu', head: 'Actions', width: '76px', align: 'end', cell: (server) => <ServerMenu server={server} /> },
]

function ServerState(props: { server: DatabaseServer }): ReactNode {
  const { server } = props
  const { data: fleet } = useQuery(getFleetQueryOptions(useApi()))
  const found = fleet?.servers.find(({ id }) => id === server.id)
  const { kind, words } = describeServer({ ...server, answers: found && found.status === 'healthy' })
  return <State kind={kind}>{words}</State>
}

function ServerMenu(props: { server: DatabaseServer }): ReactNode {
  const { server } = props
  const [open, setOpen] = useState<'edit' | 'drain' | 'remove'>()
  const change = useChangeServer(server.id)
  const toasts = useToasts()
  const close = (): void => setOpen(undefined)
  const obstacle = findRemovalObstacle(server)
  const drain = async (isDraining: boolean): Promise<void> => {
    await change.mutateAsync({ is_draining: isDraining })
    toasts.done(`${server.name} ${isDraining ? 'takes no new tenants' : 'takes tenants again'}`, {
      undo: () => void drain(!isDraining).catch(say),
    })
  }
  const say = (thrown: unknown): void => {
    const { title, advice } = describeRefusedServer(toProblem(thrown))
    toasts.failed(`${server.name} was not changed`, { detail: `${title} ${advice}` })
  }
  return (
    <>
      <Menu trigger={<IconButton icon="more" label={`Actions for ${server.name}`} size="small" />}>
        <MenuItem icon="edit" onSelect={() => setOpen('edit')}>
          Edit server…
        </MenuItem>
        <MenuItem
          icon={server.is_draining ? 'play' : 'pause'}
          onSelect={() => void drain(!server.is_draining).catch(say)}
        >
          {server.is_draining ? 'Take tenants again' : 'Drain server'}
        </MenuItem>
        <MenuLine />
        <MenuItem
          icon="trash"
          danger={obstacle === undefined}
          disabled={obstacle !== undefined}
          note={obstacle}
          onSelect={() => setOpen('remove')}
        >
          Remove server…
        </MenuItem>
      </Menu>
      {open === 'edit' && (
        <ServerForm
          server={server}
          busy={change.isPending}
          error={change.error}
          onClose={close}
          onSave={async (draft) => {
            await change.mutateAsync(draft)
            toasts.done(`${draft.name} saved`)
            close()
          }}
        />
      )}
      <RemoveDialog server={server} open={open === 'remove'} onClose={close} />
    </>
  )
}

function RemoveDialog(props: { server: DatabaseServer; open: boolean; onClose: () => void }): ReactNode {
  const { server } = props
  const remove = useRemoveServer(server.id)
  const toasts = useToasts()
  return (
    <ConfirmDialog
      open={props.open}
      onClose={props.onClose}
      title={`Remove ${server.name}?`}
      description="Its address is forgotten, and no tenant can be placed there any more. What lies on the server itself stays as it is."
      keep="Keep server"
      verb="Remove server"
      onConfirm={async () => {
        await remove.mutateAsync()
        toasts.done(`${server.name} removed`)
      }}
      describeFailure={(thrown) => {
        const problem = toProblem(thrown)
        return problem.code.startsWith('database_server.')
          ? describeRefusedServer(problem)
          : describeProblem({ problem, attempt: 'other' })
      }}
    />
  )
}
