/** Whether somebody may switch a tenant on again: what a superuser switched off is not its owner's to switch on. */
export function mayActivate(options: { tenant: { deactivated_by: string | null }; isSuperuser: boolean }): boolean {
  return options.isSuperuser || options.tenant.deactivated_by === 'owner'
}
