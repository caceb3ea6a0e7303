import type { ReactNode } from 'react'
import { ApiKeysSection } from '../../features/api-keys/api-keys-section.tsx'
import { ExportSection } from '../../features/archives/export-section.tsx'
import { DomainsSection } from '../../features/domains/domains-section.tsx'
import { PlaceSection } from '../../features/tenant-place/place-section.tsx'
import { TenantSettingsPage } from '../../features/tenants/tenant-settings-page.tsx'

/** A tenant's settings, put together from the features that have some. */
export function TenantSettings(): ReactNode {
  return (
    <TenantSettingsPage>
      {(tenant, isSuperuser) => (
        <>
          <DomainsSection tenantId={tenant.id} isSuperuser={isSuperuser} />
          <ApiKeysSection tenantId={tenant.id} />
          <PlaceSection tenant={tenant} isSuperuser={isSuperuser} />
          {isSuperuser && <ExportSection tenant={tenant} />}
        </>
      )}
    </TenantSettingsPage>
  )
}
