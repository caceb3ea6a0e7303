import { choiceField, defineView, optionalField } from '../../lib/view-state.ts'

/**
 * What the page of a tenant's limits shows, as its address says it: the limit that somebody came for, whose field has
 * the focus, and whose counter it is.
 */
export const limitsView = defineView({ limit: optionalField(40), of: choiceField(['everybody', 'user'], 'everybody') })
