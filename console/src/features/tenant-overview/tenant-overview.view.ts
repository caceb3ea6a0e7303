import { ranges } from '../../lib/ranges.ts'
import { choiceField, defineView, optionalField } from '../../lib/view-state.ts'

/** The view state of a tenant's Overview: `?range=30d&only=failed` (the series that its chart shows alone). */
export const tenantOverviewView = defineView({ range: choiceField(ranges, '7d'), only: optionalField(20) })
