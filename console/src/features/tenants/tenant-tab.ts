import type { LinkProps } from '@tanstack/react-router'

/** A tab of a tenant's page. */
export interface TenantTab {
  name: string
  to: NonNullable<LinkProps['to']>
}
