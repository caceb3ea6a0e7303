import type { ReactNode } from 'react'
import { useForm } from 'react-hook-form'
import { describeProblem, findRefusals, toProblem } from '../../api/problem.ts'
import { checkWhole } from '../../lib/rules.ts'
import { useChangeTenant, type Tenant, type TenantChanges } from '../../panels/tenant.queries.ts'
import { TextField } from '../../ui/field.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { SaveRow } from '../../ui/save-row.tsx'
import { checkScore } from './tenant-rules.ts'

const names = ['max_output_tokens', 'retrieval_top_k', 'retrieval_score_min'] as const

interface AnswersFields {
  max_output_tokens: string
  retrieval_top_k: string
  retrieval_score_min: string
}

/** How a tenant answers: the length of an answer and how many passages it is given. Sends only what was changed. */
export function AnswersForm(props: { tenant: Tenant }): ReactNode {
  const { tenant } = props
  const change = useChangeTenant(tenant.id)
  const form = useForm<AnswersFields>({ mode: 'onTouched', values: readFields(tenant) })
  const { errors, isDirty, dirtyFields } = form.formState
  const problem = change.error ? toProblem(change.error) : undefined
  const isPlaced = problem !== undefined && findRefusals({ problem, names }).length > 0
  const submit = form.handleSubmit((fields) =>
    change.mutate(readChanges(fields, dirtyFields), {
      onError: (thrown) => {
        for (const { name, message } of findRefusals({ problem: toProblem(thrown), names })) {
          form.setError(name, { message }, { shouldFocus: true })
        }
      },
    }),
  )
  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-2">
      <ProblemNotice
        className="mb-2"
        words={problem && !isPlaced ? describeProblem({ problem, attempt: 'other' }) : undefined}
      />
      <TextField
        label="Longest answer, in tokens"
        inputMode="numeric"
        autoComplete="off"
        hint="An answer that reaches it ends there."
        error={errors.max_output_tokens?.message}
        {...form.register('max_output_tokens', { validate: checkWhole({ min: 1, max: 200_000 }) })}
      />
      <TextField
        label="Passages for each answer"
        inputMode="numeric"
        autoComplete="off"
        hint="At most, from 1 to 50."
        error={errors.retrieval_top_k?.message}
        {...form.register('retrieval_top_k', { validate: checkWhole({ min: 1, max: 50 }) })}
      />
      <TextField
        label="Lowest score"
        optional
        inputMode="decimal"
        autoComplete="off"
        hint="Passages below it are left out."
        error={errors.retrieval_score_min?.message}
        {...form.register('retrieval_score_min', { validate: checkScore })}
      />
      <SaveRow verb="Save answers" dirty={isDirty} busy={change.isPending} saved={change.isSuccess && !isDirty} />
    </form>
  )
}

function readFields(tenant: Tenant): AnswersFields {
  return {
    max_output_tokens: String(tenant.max_output_tokens),
    retrieval_top_k: String(tenant.retrieval_top_k),
    retrieval_score_min: tenant.retrieval_score_min === null ? '' : String(tenant.retrieval_score_min),
  }
}

function readChanges(fields: AnswersFields, dirty: Partial<Record<keyof AnswersFields, boolean>>): TenantChanges {
  const score = fields.retrieval_score_min.trim()
  return {
    ...(dirty.max_output_tokens && { max_output_tokens: Number(fields.max_output_tokens) }),
    ...(dirty.retrieval_top_k && { retrieval_top_k: Number(fields.retrieval_top_k) }),
    ...(dirty.retrieval_score_min && { retrieval_score_min: score === '' ? null : Number(score) }),
  }
}
