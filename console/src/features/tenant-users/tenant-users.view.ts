import { choiceField, defineView, flagField, optionalField, textField } from '../../lib/view-state.ts'

/**
 * What the list of a tenant's users shows, as its address says it; `open` is the user whose details are open, `new=yes`
 * the form, `invite=yes` that of an invite, `assign=yes` the search for a platform user.
 */
export const tenantUsersView = defineView(
  {
    q: textField(),
    kind: choiceField(['both', 'own', 'linked'], 'both'),
    state: choiceField(['any', 'on', 'off'], 'any'),
    sort: choiceField(['-created_at', 'created_at', 'email', '-email'], '-created_at'),
    open: optionalField(),
    new: flagField(),
    invite: flagField(),
    assign: flagField(),
  },
  { anew: ['q', 'kind', 'state', 'sort'] },
)

/** What the list of a tenant's users shows. */
export type TenantUsersState = ReturnType<typeof tenantUsersView.fill>
