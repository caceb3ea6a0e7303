import { choiceField, defineView, flagField, integerField, textField } from '../../lib/view-state.ts'

/** What the list of documents shows, as its address says it; `paste=yes` and `address=yes` are the dialogs. */
export const knowledgeView = defineView(
  {
    q: textField(),
    state: choiceField(['any', 'working', 'ready', 'failed'], 'any'),
    sort: choiceField(['-created_at', 'created_at', 'title', '-title'], '-created_at'),
    paste: flagField(),
    address: flagField(),
  },
  { anew: ['q', 'state', 'sort'] },
)

/** What the list of documents shows. */
export type KnowledgeState = ReturnType<typeof knowledgeView.fill>

/** Which passage of a document is shown, in UTF-16 code units of its text. */
export const documentView = defineView({ from: integerField(), to: integerField() }, { anew: [] })
