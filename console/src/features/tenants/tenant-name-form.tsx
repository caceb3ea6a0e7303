import type { ReactNode } from 'react'
import { useForm } from 'react-hook-form'
import { describeProblem, findRefusals, toProblem } from '../../api/problem.ts'
import { checkTenantName } from '../../lib/rules.ts'
import { useChangeTenant, type Tenant } from '../../panels/tenant.queries.ts'
import { TextField } from '../../ui/field.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { SaveRow } from '../../ui/save-row.tsx'

/** Renames a tenant. */
export function TenantNameForm(props: { tenant: Tenant }): ReactNode {
  const change = useChangeTenant(props.tenant.id)
  const form = useForm({ mode: 'onTouched', values: { name: props.tenant.name } })
  const { errors, isDirty } = form.formState
  const problem = change.error ? toProblem(change.error) : undefined
  const isPlaced = problem !== undefined && findRefusals({ problem, names: ['name'] }).length > 0
  const submit = form.handleSubmit(({ name }) =>
    change.mutate(
      { name: name.trim() },
      {
        onError: (thrown) => {
          for (const refusal of findRefusals({ problem: toProblem(thrown), names: ['name'] })) {
            form.setError('name', { message: refusal.message }, { shouldFocus: true })
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
        label="Name"
        autoComplete="off"
        error={errors.name?.message}
        {...form.register('name', { validate: checkTenantName })}
      />
      <SaveRow verb="Save name" dirty={isDirty} busy={change.isPending} saved={change.isSuccess && !isDirty} />
    </form>
  )
}
