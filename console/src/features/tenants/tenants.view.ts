import { choiceField, defineView, textField } from '../../lib/view-state.ts'

/** The states that tenants can be listed by, in the order of their tabs. */
export const tenantStates = ['all', 'active', 'attention', 'provisioning', 'suspended'] as const

/** One of the states that tenants can be listed by. */
export type TenantListState = (typeof tenantStates)[number]

/** What the list of tenants shows, as its address says it. */
export const tenantsView = defineView(
  {
    state: choiceField(tenantStates, 'all'),
    q: textField(),
    sort: choiceField(['-requests', 'requests', 'name', '-name', '-created_at', 'created_at'], '-requests'),
  },
  { anew: ['state', 'q', 'sort'] },
)

/** What the list of tenants shows. */
export type TenantsState = ReturnType<typeof tenantsView.fill>
