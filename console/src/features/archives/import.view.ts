import { defineView, flagField } from '../../lib/view-state.ts'

/** Whether the dialog that imports a tenant is open, as the address of the list of tenants says it. */
export const importView = defineView({ import: flagField() })
