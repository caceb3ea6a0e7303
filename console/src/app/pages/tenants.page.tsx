import type { ReactNode } from 'react'
import { ImportMenu } from '../../features/archives/import-menu.tsx'
import { TenantsPage } from '../../features/tenants/tenants-page.tsx'

/** The list of tenants, with the other ways to a new one. */
export function Tenants(): ReactNode {
  return <TenantsPage more={<ImportMenu />} />
}
