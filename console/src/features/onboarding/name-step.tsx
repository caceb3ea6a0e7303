import { useId, type ReactNode } from 'react'
import { useForm } from 'react-hook-form'
import { describeProblem, findRefusals, toProblem } from '../../api/problem.ts'
import { checkTenantName } from '../../lib/rules.ts'
import { useChangeTenant } from '../../panels/tenant.queries.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { TextField } from '../../ui/field.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { TenantFacts } from './id-check.tsx'
import type { TenantFlow } from './onboarding-flow.ts'
import { OnboardingFrame } from './onboarding-frame.tsx'

const names = ['name'] as const

/** The first step of a tenant that exists: its name can be changed, its id stays. */
export function NameStep(props: { flow: TenantFlow }): ReactNode {
  const { flow } = props
  const { tenant } = flow
  const formId = useId()
  const change = useChangeTenant(tenant.id)
  const form = useForm({ mode: 'onTouched', defaultValues: { name: flow.typed.name ?? tenant.name } })
  const problem = change.error ? toProblem(change.error) : undefined
  const save = ({ name }: { name: string }): void => {
    const wanted = name.trim()
    if (wanted === tenant.name) {
      flow.keepTyped({ name: undefined })
      flow.goOn()
      return
    }
    change.mutate(
      { name: wanted },
      {
        onSuccess: () => {
          flow.keepTyped({ name: undefined })
          flow.goOn()
        },
        onError: (thrown) => {
          for (const { name: field, message } of findRefusals({ problem: toProblem(thrown), names })) {
            form.setError(field, { message }, { shouldFocus: true })
          }
        },
      },
    )
  }
  return (
    <OnboardingFrame
      flow={flow}
      title="Name and id"
      lead="It exists. Its name can be changed at any time."
      foot={{ verb: 'Save and continue', form: formId, busy: change.isPending }}
      testLabel="As it is seen"
      test={<TenantFacts id={tenant.id} name={tenant.name} />}
    >
      <form
        id={formId}
        noValidate
        onSubmit={(event) => void form.handleSubmit(save)(event)}
        className="flex max-w-[520px] flex-col gap-3"
      >
        <ProblemNotice
          words={
            problem && findRefusals({ problem, names }).length === 0
              ? describeProblem({ problem, attempt: 'other' })
              : undefined
          }
        />
        <TextField
          label="Name"
          autoComplete="off"
          hint="How it is called in this console."
          error={form.formState.errors.name?.message}
          {...form.register('name', {
            validate: checkTenantName,
            onChange: (event: { target: { value: string } }) => {
              const { value } = event.target
              flow.keepTyped({ name: value === tenant.name ? undefined : value })
            },
          })}
        />
        <div className="flex flex-col gap-[6px]">
          <p className="font-medium text-ink">Id</p>
          <p className="flex items-center gap-1 font-mono text-[12px]/[20px] break-all text-ink-2">
            {tenant.id}
            <CopyButton text={tenant.id} what="id" size="small" />
          </p>
          <p className="text-meta text-ink-3">Given when it was made; addresses and the API count on it.</p>
        </div>
      </form>
    </OnboardingFrame>
  )
}
