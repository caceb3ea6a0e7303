import { choiceField, dayField, defineView, optionalField, textField } from '../../lib/view-state.ts'

/** The states that tenants can be listed by, in the order of their tabs. */
export const tenantStates = ['all', 'active', 'attention', 'provisioning', 'suspended'] as const

/** One of the states that tenants can be listed by. */
export type TenantListState = (typeof tenantStates)[number]

/** What stands in the address for tenants that name no model; no model is called so. */
export const noModel = '(default)'

/**
 * What the list of tenants shows, as its address says it; `from` and `to` are the UTC days, both included, between which
 * they were created.
 */
export const tenantsView = defineView(
  {
    state: choiceField(tenantStates, 'all'),
    q: textField(),
    model: optionalField(),
    from: dayField(),
    to: dayField(),
    sort: choiceField(['-requests', 'requests', 'name', '-name', '-created_at', 'created_at'], '-requests'),
  },
  { anew: ['state', 'q', 'model', 'from', 'to', 'sort'] },
)

/** What the list of tenants shows. */
export type TenantsState = ReturnType<typeof tenantsView.fill>
