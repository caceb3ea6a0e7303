import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { toProblem } from '../../api/problem.ts'
import { formatPlural } from '../../lib/numbers.ts'
import { QueryPanel } from '../../panels/query-panel.tsx'
import { getServersQueryOptions } from '../../panels/use-servers.ts'
import { TableSkeleton } from '../../ui/bone.tsx'
import { Button } from '../../ui/button.tsx'
import { ButtonLink } from '../../ui/button-link.tsx'
import { NoPermission } from '../../ui/empty-state.tsx'
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
  if (servers.data === undefined && servers.error && toProblem(servers.error).status === 403) return <Closed />
  return (
    <>
      <PageHeader
        title="Database servers"
        heading={<Heading />}
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

function Heading(): ReactNode {
  return (
    <div className="flex min-w-0 items-center gap-x-[10px]">
      <nav aria-label="Above" className="flex items-center gap-[6px]">
        <Link to="/system" className="rounded-xs text-ink-2 hover:text-ink hover:underline">
          System
        </Link>
        <Icon name="chevron-right" className="size-[14px] text-ink-3" />
      </nav>
      <h1 className="text-title font-semibold tracking-[-.015em] text-ink">Database servers</h1>
    </div>
  )
}

function Closed(): ReactNode {
  return (
    <>
      <PageHeader title="Database servers" />
      <NoPermission title="Database servers are for superusers" back={<ButtonLink to="/">Go home</ButtonLink>}>
        A superuser can look something up for you, or make you one.
      </NoPermission>
    </>
  )
}
