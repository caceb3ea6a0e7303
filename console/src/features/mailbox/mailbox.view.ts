import { defineView, textField } from '../../lib/view-state.ts'

/** Whose mail is looked for. */
export const mailboxView = defineView({ to: textField() })
