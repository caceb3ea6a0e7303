import { useMemo } from 'react'
import { useForm, useWatch, type UseFormReturn } from 'react-hook-form'
import type { ProblemWords } from '../../api/problem-words.ts'
import { describeProblem, findRefusals, toProblem } from '../../api/problem.ts'
import { useChangeTenant, type Tenant } from '../../panels/tenant.queries.ts'
import {
  fieldNames,
  readFields,
  readSettings,
  type RetrievalFields,
  type RetrievalSettings,
} from './retrieval-fields.ts'

/** The settings of retrieval on their way from the fields to the server. */
export interface EditedSettings {
  form: UseFormReturn<RetrievalFields>
  /** What would be saved; undefined when nothing was changed, or cannot be saved as it is. */
  draft: RetrievalSettings | undefined
  isDirty: boolean
  saving: boolean
  saved: boolean
  /** Why saving failed, unless a field says so. */
  problem: ProblemWords | undefined
  save: () => void
  discard: () => void
}

/** Edits a tenant's settings of retrieval. */
export function useRetrievalSettings(tenant: Tenant): EditedSettings {
  const change = useChangeTenant(tenant.id)
  const stored = useMemo(() => readFields(tenant), [tenant])
  const form = useForm<RetrievalFields>({ mode: 'onTouched', values: stored })
  const typed = useWatch({ control: form.control })
  const { isDirty } = form.formState
  const fields = { ...stored, ...typed }
  // Typed as text so that it is the same as long as it says the same.
  const draftText = isDirty ? JSON.stringify(readSettings(fields)) : undefined
  const draft = useMemo((): RetrievalSettings | undefined => draftText && JSON.parse(draftText), [draftText])
  const problem = change.error ? toProblem(change.error) : undefined
  const isPlaced = problem !== undefined && findRefusals({ problem, names: fieldNames }).length > 0
  const submit = form.handleSubmit((values) => {
    const settings = readSettings(values)
    if (!settings) return
    change.mutate(settings, {
      onError: (thrown) => {
        for (const { name, message } of findRefusals({ problem: toProblem(thrown), names: fieldNames })) {
          form.setError(name, { message }, { shouldFocus: true })
        }
      },
    })
  })
  return {
    form,
    draft,
    isDirty,
    saving: change.isPending,
    saved: change.isSuccess && !isDirty,
    problem: problem && !isPlaced ? describeProblem({ problem, attempt: 'other' }) : undefined,
    save: () => void submit(),
    discard: () => form.reset(stored),
  }
}
