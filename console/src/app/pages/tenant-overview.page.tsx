import { useSuspenseQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useMemo, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { getMeQueryOptions } from '../../panels/me.queries.ts'
import { TenantOverviewPage } from '../../features/tenant-overview/tenant-overview-page.tsx'
import { tenantPath, tenantRoutePath } from '../../lib/paths.ts'
import { useHasPage } from '../places.ts'

const auditPath = '/audit'

/** A tenant's Overview, leading only to pages there are. */
export function TenantOverview(): ReactNode {
  const { tenantId = '' } = useParams({ strict: false })
  const { data: user } = useSuspenseQuery(getMeQueryOptions(useApi()))
  const hasPrompt = useHasPage(`${tenantRoutePath}/prompt`)
  const hasConnections = useHasPage(`${tenantRoutePath}/connections`)
  const hasConnect = useHasPage(`${tenantRoutePath}/connect`)
  const hasAudit = useHasPage(auditPath) && user.is_superuser
  const pages = useMemo(
    () => ({
      prompt: hasPrompt ? tenantPath(tenantId, 'prompt') : undefined,
      connections: hasConnections ? tenantPath(tenantId, 'connections') : undefined,
      connect: hasConnect ? tenantPath(tenantId, 'connect') : undefined,
      audit: hasAudit ? auditPath : undefined,
    }),
    [tenantId, hasPrompt, hasConnections, hasConnect, hasAudit],
  )
  return <TenantOverviewPage pages={pages} />
}
