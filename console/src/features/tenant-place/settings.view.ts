import { defineView, flagField } from '../../lib/view-state.ts'

/** What a tenant's settings show, as their address says it: whether its move is looked at. */
export const settingsView = defineView({ move: flagField() })
