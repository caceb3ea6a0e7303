import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { formatPlural } from '../../lib/numbers.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { isForbidden, SuperusersOnly } from '../../panels/superusers-only.tsx'
import { getServersQueryOptions } from '../../panels/use-servers.ts'
import { TableSkeleton } from '../../ui/bone.tsx'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icons.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { TableFoot } from '../../ui/table-foot.tsx'
import { useToasts } from '../../ui/toasts.ts'
import { ServerForm } from './server-form.tsx'
import { ServersTable } from './servers-table.tsx'
import { useAddServer } from './use-servers-admin.ts'

const watchingMs = 15_000

/** The database servers that tenants may live on: how full they are, how their connections do, and their care. */
export function ServersPage(): ReactNode {
  const servers = useQuery({ ...getServersQueryOptions(useApi()), refetchInterval: watchingMs })
  const [adding, setAdding] = useState(false)
  if (isForbidden(servers)) return <SuperusersOnly title="Database servers" what="Database servers are" />
  return (
    <>
      <PageHeader
        title="Database servers"
        above={{ to: '/system', name: 'System' }}
        actions={
          <Button kind="primary" onClick={() => setAdding(true)}>
            <Icon name="plus" className="shrink-0" />
            Add server
          </Button>
        }
      />
      <QueryPanel what="Database servers" query={servers} skeleton={<TableSkeleton rows={3} />}>
        {(rows) => (
          <>
            <ServersTable servers={rows} />
            <TableFoot>
              {formatPlural(rows.length, 'database server')}. Connections are those of the replica that answered, since
              it started.
            </TableFoot>
          </>
        )}
      </QueryPanel>
      {adding && <AddDialog onClose={() => setAdding(false)} />}
    </>
  )
}

function AddDialog(props: { onClose: () => void }): ReactNode {
  const add = useAddServer()
  const toasts = useToasts()
  return (
    <ServerForm
      busy={add.isPending}
      error={add.error}
      onClose={props.onClose}
      onSave={async ({ name, address = '', ...settings }) => {
        const added = await add.mutateAsync({ ...settings, name, address })
        toasts.done(`${added.name} added`, { detail: 'It was reached, and its owner is able.' })
        props.onClose()
      }}
    />
  )
}
