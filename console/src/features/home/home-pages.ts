/** Where Home leads: only pages that the console has and that this person may see. */
export interface HomePages {
  /** The list of tenants. */
  tenants: string | undefined
  newTenant: string | undefined
  users: string | undefined
  usage: string | undefined
  /** A tenant's page. */
  tenant: ((id: string) => string) | undefined
  /** Where a tenant's connections are set. */
  connections: ((id: string) => string) | undefined
}
