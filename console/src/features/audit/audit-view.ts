import { choiceField, defineView, optionalField, textField } from '../../lib/view-state.ts'

/** How an action ended; '' is any. */
export const outcomes = ['', 'done', 'denied', 'failed'] as const

/** How an action ended. */
export type Outcome = 'done' | 'denied' | 'failed'

/** What the address of the audit log holds: search, filters and the open entry. */
export const auditView = defineView(
  {
    q: textField(),
    action: optionalField(100),
    outcome: choiceField(outcomes, ''),
    tenant: optionalField(63),
    open: optionalField(36),
  },
  { anew: ['q', 'action', 'outcome', 'tenant'] },
)

/** What is asked of the log. */
export interface AuditFilters {
  q: string
  action: string | undefined
  outcome: (typeof outcomes)[number]
  tenant: string | undefined
}
