import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useForm } from 'react-hook-form'
import { useApi } from '../../api/api-context.ts'
import type { User } from '../../api/client.ts'
import { describeProblem, findRefusals, toProblem } from '../../api/problem.ts'
import { TextField } from '../../ui/field.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { getMeQueryOptions } from '../../panels/me.queries.ts'
import { SaveRow } from './save-row.tsx'

const nameCharactersMax = 200

/** Changes how one is called. */
export function NameForm(props: { user: User }): ReactNode {
  const api = useApi()
  const queryClient = useQueryClient()
  const form = useForm({ mode: 'onTouched', values: { full_name: props.user.full_name ?? '' } })
  const save = useMutation({
    mutationFn: (full_name: string) => api.updateMe({ full_name }),
    onError: (thrown) => {
      for (const { name, message } of findRefusals({ problem: toProblem(thrown), names: ['full_name'] })) {
        form.setError(name, { message }, { shouldFocus: true })
      }
    },
    onSuccess: (user) => queryClient.setQueryData(getMeQueryOptions(api).queryKey, user),
  })
  const { errors, isDirty } = form.formState

  const submit = form.handleSubmit(({ full_name }) => save.mutate(full_name.trim()))
  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-2">
      <ProblemNotice
        className="mb-2"
        words={
          save.error && findRefusals({ problem: toProblem(save.error), names: ['full_name'] }).length === 0
            ? describeProblem({ problem: toProblem(save.error), attempt: 'other' })
            : undefined
        }
      />
      <TextField
        label="Full name"
        autoComplete="name"
        hint="Shown to the people you work with here."
        error={errors.full_name?.message}
        {...form.register('full_name', {
          validate: (value) => {
            if (!value.trim()) return 'Enter a name.'
            return value.trim().length <= nameCharactersMax || `${nameCharactersMax} characters at most.`
          },
        })}
      />
      <SaveRow
        verb="Save name"
        dirty={isDirty}
        busy={save.isPending}
        done={save.isSuccess && !isDirty ? 'Saved' : undefined}
      />
    </form>
  )
}
