import { ranges } from '../../lib/ranges.ts'
import { choiceField, defineView } from '../../lib/view-state.ts'

/** The view state of a tenant's Overview: `?range=30d`. */
export const tenantOverviewView = defineView({ range: choiceField(ranges, '7d') })
