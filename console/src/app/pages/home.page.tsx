import { useSuspenseQuery } from '@tanstack/react-query'
import { useMemo, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { HomePage } from '../../features/home/home-page.tsx'
import { OrganizationsPage } from '../../features/organizations/organizations-page.tsx'
import { getMeQueryOptions } from '../../panels/me.queries.ts'
import { paths, tenantPath, tenantRoutePath } from '../../lib/paths.ts'
import { useHasPage } from '../places.ts'

const addresses = { tenants: '/tenants', newTenant: paths.newTenant, users: '/users', usage: '/usage' } as const

/** Home: the whole platform for superusers, their own organizations for owners. */
export function Home(): ReactNode {
  const { data: user } = useSuspenseQuery(getMeQueryOptions(useApi()))
  return user.is_superuser ? <PlatformHome /> : <OrganizationsPage user={user} />
}

/** Home of the platform, leading only to pages there are. */
function PlatformHome(): ReactNode {
  const hasTenants = useHasPage(addresses.tenants)
  const hasNewTenant = useHasPage(addresses.newTenant)
  const hasUsers = useHasPage(addresses.users)
  const hasUsage = useHasPage(addresses.usage)
  const hasTenant = useHasPage(tenantRoutePath)
  const hasConnections = useHasPage(`${tenantRoutePath}/connections`)
  const pages = useMemo(
    () => ({
      tenants: hasTenants ? addresses.tenants : undefined,
      newTenant: hasNewTenant ? addresses.newTenant : undefined,
      users: hasUsers ? addresses.users : undefined,
      usage: hasUsage ? addresses.usage : undefined,
      tenant: hasTenant ? (id: string) => tenantPath(id) : undefined,
      connections: hasConnections ? (id: string) => tenantPath(id, 'connections') : undefined,
    }),
    [hasTenants, hasNewTenant, hasUsers, hasUsage, hasTenant, hasConnections],
  )
  return <HomePage pages={pages} />
}
