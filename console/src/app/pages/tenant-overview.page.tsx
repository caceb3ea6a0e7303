import type { ReactNode } from 'react'
import { TenantOverviewPage } from '../../features/tenant-overview/tenant-overview-page.tsx'

/** A tenant's Overview, leading only to pages there are. */
export function TenantOverview(): ReactNode {
  return <TenantOverviewPage />
}
