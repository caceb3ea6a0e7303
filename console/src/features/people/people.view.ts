import { choiceField, defineView, flagField, optionalField, textField } from '../../lib/view-state.ts'

/** The kinds of platform users, in the order of their tabs. */
export const userKinds = ['all', 'superusers', 'owners', 'assigned', 'unassigned'] as const

/** One of the kinds of platform users. */
export type UserKind = (typeof userKinds)[number]

/** The states that users can be narrowed to. */
export const userStates = ['any', 'active', 'off', 'unverified'] as const

/** What the list of users shows, as its address says it; `open` is the user whose details are open, `new=yes` the form. */
export const peopleView = defineView(
  {
    kind: choiceField(userKinds, 'all'),
    state: choiceField(userStates, 'any'),
    q: textField(),
    sort: choiceField(['-created_at', 'created_at', 'email', '-email'], '-created_at'),
    open: optionalField(),
    new: flagField(),
  },
  { anew: ['kind', 'state', 'q', 'sort'] },
)

/** What the list of users shows. */
export type PeopleState = ReturnType<typeof peopleView.fill>
