import { defineView, textField } from '../../lib/view-state.ts'

/** What the page of a tenant's retrieval shows, as its address says it: the question that was asked. */
export const retrievalView = defineView({ q: textField('', 2_000) })
