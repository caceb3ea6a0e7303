import type { ReactNode } from 'react'
import { useForm } from 'react-hook-form'
import { describeProblem, findRefusals, toProblem } from '../../api/problem.ts'
import { checkWhole } from '../../lib/rules.ts'
import { useChangeTenant, type Tenant } from '../../panels/tenant.queries.ts'
import { TextField } from '../../ui/field.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { SaveRow } from '../../ui/save-row.tsx'

const names = ['max_output_tokens'] as const

interface AnswersFields {
  max_output_tokens: string
}

/** How a tenant answers: the length of an answer. */
export function AnswersForm(props: { tenant: Tenant }): ReactNode {
  const { tenant } = props
  const change = useChangeTenant(tenant.id)
  const form = useForm<AnswersFields>({
    mode: 'onTouched',
    values: { max_output_tokens: String(tenant.max_output_tokens) },
  })
  const { errors, isDirty } = form.formState
  const problem = change.error ? toProblem(change.error) : undefined
  const isPlaced = problem !== undefined && findRefusals({ problem, names }).length > 0
  const submit = form.handleSubmit((fields) =>
    change.mutate(
      { max_output_tokens: Number(fields.max_output_tokens) },
      {
        onError: (thrown) => {
          for (const { name, message } of findRefusals({ problem: toProblem(thrown), names })) {
            form.setError(name, { message }, { shouldFocus: true })
          }
        },
      },
    ),
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
      <SaveRow verb="Save answers" dirty={isDirty} busy={change.isPending} saved={change.isSuccess && !isDirty} />
    </form>
  )
}
