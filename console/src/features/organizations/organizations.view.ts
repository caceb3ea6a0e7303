import { choiceField, defineView } from '../../lib/view-state.ts'

/** The orders of an owner's list. */
export const organizationSorts = ['-requests', 'requests', 'name', '-name'] as const

/** How an owner's Home is looked at. */
export const organizationsView = defineView({ sort: choiceField(organizationSorts, '-requests') }, { anew: ['sort'] })
