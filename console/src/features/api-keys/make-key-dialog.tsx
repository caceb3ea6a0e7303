import { useId, useState, type ReactNode } from 'react'
import { useForm } from 'react-hook-form'
import { findRefusals, toProblem, type ApiProblem } from '../../api/problem.ts'
import { CheckField } from '../../ui/check-field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { SelectField } from '../../ui/select-field.tsx'
import { type ApiKeyScope, describeRefusal, findExpiry, lifetimeChoices, scopeChoices } from './api-key-words.ts'
import { type ShownApiKey, useMakeApiKey } from './api-keys.queries.ts'
import { ShownSecretDialog } from './shown-secret.tsx'

/** Makes a key, then shows its secret once. */
export function MakeKeyDialog(props: { tenantId: string; onClose: () => void }): ReactNode {
  const make = useMakeApiKey(props.tenantId)
  const formId = useId()
  const [made, setMade] = useState<ShownApiKey>()
  const [problem, setProblem] = useState<ApiProblem>()
  const form = useForm({
    mode: 'onTouched',
    defaultValues: { name: '', days: '0', scopes: scopeChoices.map<ApiKeyScope>(({ value }) => value) },
  })
  const submit = form.handleSubmit(async ({ name, days, scopes }) => {
    setProblem(undefined)
    try {
      const expiresAt = findExpiry({ days: Number(days), now: new Date() })
      setMade(await make.mutateAsync({ name: name.trim(), scopes, expires_at: expiresAt }))
    } catch (thrown) {
      const refused = toProblem(thrown)
      const [refusal] = findRefusals({ problem: refused, names: ['name'] })
      if (refusal) form.setError('name', { message: refusal.message }, { shouldFocus: true })
      else setProblem(refused)
    }
  })
  if (made) {
    return (
      <ShownSecretDialog
        title={`Key ${made.name}`}
        secret={made.secret}
        note="It works from now on, as a bearer token."
        onClose={props.onClose}
      />
    )
  }
  const { errors } = form.formState
  return (
    <FormDialog
      title="Make an API key"
      description="For one server or job: its usage is told apart, and it can be revoked alone."
      onClose={props.onClose}
      formId={formId}
      cancel="Cancel"
      verb="Make key"
      busy={make.isPending}
    >
      <form id={formId} noValidate onSubmit={(event) => void submit(event)} className="mt-4 flex flex-col gap-2">
        <ProblemNotice className="mb-2" words={problem && describeRefusal(problem)} />
        <TextField
          label="Name"
          autoComplete="off"
          placeholder="Website backend"
          hint="Where it is used, so that you know it again."
          error={errors.name?.message}
          {...form.register('name', { validate: (name) => checkName(name) ?? true })}
        />
        <SelectField label="Expires" choices={lifetimeChoices} {...form.register('days')} />
        <fieldset className="flex flex-col gap-2" aria-describedby={`${formId}-scopes`}>
          <legend className="mb-[6px] font-medium text-ink">What it may do</legend>
          {scopeChoices.map(({ value, label, hint }) => (
            <CheckField
              key={value}
              label={label}
              hint={hint}
              value={value}
              {...form.register('scopes', {
                validate: (scopes) => scopes.length > 0 || 'Tick one at least: without any it opens nothing.',
              })}
            />
          ))}
          <p id={`${formId}-scopes`} className="min-h-[16px] text-meta text-danger">
            {errors.scopes?.message}
          </p>
        </fieldset>
      </form>
    </FormDialog>
  )
}

function checkName(name: string): string | undefined {
  const typed = name.trim()
  if (typed === '') return 'Give it a name.'
  return typed.length > 100 ? 'A name has 100 characters at most.' : undefined
}
