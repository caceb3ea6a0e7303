import { useQuery } from '@tanstack/react-query'
import { useDeferredValue, useState, type ReactNode } from 'react'
import { useApi } from '../api/api-context.ts'
import { PickList } from '../ui/pick-list.tsx'
import { Plate } from '../ui/plate.tsx'
import { getTenantChoicesQueryOptions } from './people-queries.ts'

/** Finds a tenant and picks it by pressing it, for superusers; the `current` one is shown but cannot be picked. */
export function TenantPicker(props: {
  current?: string
  onPick: (tenant: { id: string; name: string }) => void
}): ReactNode {
  const [search, setSearch] = useState('')
  const tenants = useQuery(getTenantChoicesQueryOptions({ api: useApi(), search: useDeferredValue(search) }))
  return (
    <PickList
      label="Tenant"
      placeholder="Name or id"
      search={search}
      onSearch={setSearch}
      foundLabel="Tenants found"
      found={tenants.data?.map((tenant) => ({
        key: tenant.id,
        content: <Choice tenant={tenant} isCurrent={tenant.id === props.current} />,
        pick: tenant.id === props.current ? undefined : () => props.onPick(tenant),
      }))}
      none={search.trim() === '' ? 'There is no tenant yet.' : `No tenant matches “${search.trim()}”.`}
      failure={tenants.error ? 'The tenants did not load. Close this and open it again.' : undefined}
    />
  )
}

function Choice(props: { tenant: { id: string; name: string }; isCurrent: boolean }): ReactNode {
  const { id, name } = props.tenant
  return (
    <>
      <Plate tenantId={id} size={18} />
      <span className="min-w-0 flex-1 truncate text-ink" title={name}>
        {name}
      </span>
      {props.isCurrent && <span className="shrink-0 text-meta text-ink-3">now here</span>}
      <span className="max-w-[50%] truncate font-mono text-meta text-ink-3" title={id}>
        {id}
      </span>
    </>
  )
}
