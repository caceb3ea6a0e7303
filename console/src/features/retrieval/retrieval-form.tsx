import type { ReactNode } from 'react'
import { Controller } from 'react-hook-form'
import { RetrievalChoice } from '../../panels/retrieval-choice.tsx'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { SaveRow } from '../../ui/save-row.tsx'
import { TextAreaField } from '../../ui/text-area-field.tsx'
import { checkField, type RetrievalFields } from './retrieval-fields.ts'
import type { EditedSettings } from './use-retrieval-settings.ts'

/** The settings of retrieval; what is changed is tried at once, and holds for answers once it is saved. */
export function RetrievalForm(props: {
  settings: EditedSettings
  /** Whether a question stands beside it. */
  isTried: boolean
}): ReactNode {
  const { settings } = props
  const { form } = settings
  const { errors } = form.formState
  const field = (name: keyof RetrievalFields) => ({
    error: errors[name]?.message,
    autoComplete: 'off',
    ...form.register(name, {
      validate: (_value: string, fields: RetrievalFields) => checkField(name, fields),
      ...(name === 'keyword_weight' && { deps: ['semantic_weight' as const] }),
      ...(name === 'semantic_weight' && { deps: ['keyword_weight' as const] }),
    }),
  })
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        settings.save()
      }}
      className="relative flex flex-col gap-3 px-6 py-5 phone:px-4"
    >
      <h2 className="text-[14px]/[20px] font-semibold text-ink">Settings</h2>
      <ProblemNotice words={settings.problem} />
      <Controller
        control={form.control}
        name="retrieval"
        render={({ field }) => <RetrievalChoice look="column" value={field.value} onChoose={field.onChange} />}
      />
      <TextField
        label="Passages for each answer"
        inputMode="numeric"
        hint="At most, from 1 to 50."
        {...field('retrieval_top_k')}
      />
      <TextField
        label="Lowest similarity"
        optional
        inputMode="decimal"
        hint="Semantic matches below it are left out."
        {...field('retrieval_score_min')}
      />
      <div className="grid grid-cols-2 gap-3">
        <TextField
          label="Keyword weight"
          inputMode="decimal"
          placeholder="1"
          hint="In hybrid, 0 to 100."
          {...field('keyword_weight')}
        />
        <TextField label="Semantic weight" inputMode="decimal" placeholder="1" {...field('semantic_weight')} />
      </div>
      <TextAreaField
        label="Metadata filter"
        optional
        rows={2}
        spellCheck={false}
        placeholder='{"lang": {"$eq": "en"}}'
        hint="Pinecone’s own words, as JSON. Semantic search alone follows it."
        {...field('retrieval_filter')}
      />
      <div className="sticky bottom-0 z-10 -mx-6 -mb-5 flex flex-col gap-1 border-t border-line bg-sheet px-6 py-3 phone:static phone:-mx-4 phone:px-4">
        <SaveRow verb="Save retrieval" dirty={settings.isDirty} busy={settings.saving} saved={settings.saved}>
          {settings.isDirty && (
            <Button kind="ghost" onClick={settings.discard}>
              Discard changes
            </Button>
          )}
        </SaveRow>
        {settings.isDirty && <p className="text-meta text-ink-3">{describeDraft(settings, props.isTried)}</p>}
      </div>
    </form>
  )
}

function describeDraft(settings: EditedSettings, isTried: boolean): string {
  if (settings.draft === undefined) return 'Not tried yet: a field needs another value.'
  return isTried
    ? 'Tried beside, not saved yet: answers still use the stored settings.'
    : 'Not saved yet. Ask a question to try it first.'
}
