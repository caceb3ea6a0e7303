import { choiceField, defineView, textField } from '../../lib/view-state.ts'

/** The languages there is code for. */
export const codeLanguages = ['curl', 'browser', 'typescript', 'openai', 'ai-sdk'] as const

/** A language there is code for. */
export type CodeLanguage = (typeof codeLanguages)[number]

/** What the address of the page holds: the language shown, and the origin that is looked up. */
export const connectView = defineView({
  code: choiceField(codeLanguages, 'curl'),
  origin: textField('', 300),
})
