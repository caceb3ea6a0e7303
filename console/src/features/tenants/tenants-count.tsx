import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { formatCount } from '../../lib/numbers.ts'
import { getTenantCountsQueryOptions } from './tenants.queries.ts'

/** How many tenants there are, beside their place in the sidebar; nothing until it is known. */
export function TenantsCount(): ReactNode {
  const { data } = useQuery(getTenantCountsQueryOptions(useApi()))
  return data === undefined ? null : formatCount(data.all)
}
