/** Where a tenant's Overview leads: only pages that the console has and that this person may see. */
export interface OverviewPages {
  /** Where its prompt is written and tried. */
  prompt: string | undefined
  connections: string | undefined
  /** How a frontend is connected. */
  connect: string | undefined
  /** The audit log of all tenants. */
  audit: string | undefined
}
