import { useQuery } from '@tanstack/react-query'
import { useDeferredValue, useState, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Plate } from '../../ui/plate.tsx'
import { Popover } from '../../ui/popover.tsx'
import { getTenantChoicesQueryOptions } from './audit.queries.ts'

/** Chooses the tenant whose entries are shown, by a search. */
export function TenantFilter(props: { onChoose: (id: string) => void }): ReactNode {
  const [open, setOpen] = useState(false)
  return (
    <Popover
      label="Filter by tenant"
      open={open}
      onOpenChange={setOpen}
      className="w-[280px]"
      trigger={
        <Button>
          Any tenant
          <Icon name="chevron-down" className="size-[14px] shrink-0 text-ink-3" />
        </Button>
      }
    >
      <Choices
        onChoose={(id) => {
          setOpen(false)
          props.onChoose(id)
        }}
      />
    </Popover>
  )
}

function Choices(props: { onChoose: (id: string) => void }): ReactNode {
  const [typed, setTyped] = useState('')
  const tenants = useQuery(getTenantChoicesQueryOptions({ api: useApi(), search: useDeferredValue(typed) }))
  return (
    <>
      <TextField
        label="Tenant"
        placeholder="Name or id"
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      <ul aria-label="Tenants found" className="-mx-1 min-h-[72px]">
        {tenants.data?.map(({ id, name }) => (
          <li key={id}>
            <button
              type="button"
              onClick={() => props.onChoose(id)}
              className="flex min-h-[32px] w-full items-center gap-2 rounded-sm px-1 text-start hover:bg-hover coarse:min-h-[40px]"
            >
              <Plate tenantId={id} size={18} />
              <span className="min-w-0 flex-1 truncate text-ink" title={name}>
                {name}
              </span>
              <span className="max-w-[96px] truncate font-mono text-meta text-ink-3" title={id}>
                {id}
              </span>
            </button>
          </li>
        ))}
        {tenants.data?.length === 0 && <li className="px-1 text-ink-2">No tenant matches “{typed}”.</li>}
        {tenants.isError && tenants.data === undefined && (
          <li role="alert" className="px-1 text-danger">
            The tenants did not load. Close this and open it again.
          </li>
        )}
      </ul>
    </>
  )
}
