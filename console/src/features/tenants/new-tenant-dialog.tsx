import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useId, type ReactNode } from 'react'
import { useForm, useWatch } from 'react-hook-form'
import { useApi } from '../../api/api-context.ts'
import { ask } from '../../api/client.ts'
import { describeProblem, findRefusals, toProblem, type ApiProblem } from '../../api/problem.ts'
import { tenantPath } from '../../lib/paths.ts'
import { getTenantQueryOptions } from '../../panels/tenant.queries.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Plate } from '../../ui/plate.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { TextAreaField } from '../../ui/text-area-field.tsx'
import { useToasts } from '../../ui/toasts.ts'
import { checkTenantId, deriveTenantId } from './tenant-id.ts'
import { checkTenantName } from './tenant-rules.ts'

const names = ['name', 'id', 'system_prompt'] as const
const promptCharactersMax = 100_000

/** Makes a tenant from a name, an id and perhaps a prompt, then opens its page. */
export function NewTenantDialog(props: { open: boolean; onClose: () => void }): ReactNode {
  return props.open ? <OpenNewTenantDialog onClose={props.onClose} /> : null
}

function OpenNewTenantDialog(props: { onClose: () => void }): ReactNode {
  const api = useApi()
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const toasts = useToasts()
  const formId = useId()
  const form = useForm({ mode: 'onTouched', defaultValues: { name: '', id: '', system_prompt: '' } })
  const create = useMutation({
    mutationFn: (values: { name: string; id: string; system_prompt: string }) =>
      ask(
        api.server.admin.tenants.post({
          name: values.name.trim(),
          id: values.id,
          ...(values.system_prompt.trim() === '' ? {} : { system_prompt: values.system_prompt }),
        }),
      ),
    onError: (thrown) => {
      for (const { name, message } of findOwnRefusals(toProblem(thrown))) {
        form.setError(name, { message }, { shouldFocus: true })
      }
    },
    onSuccess: async (tenant) => {
      queryClient.setQueryData(getTenantQueryOptions(api, tenant.id).queryKey, tenant)
      void queryClient.invalidateQueries({ queryKey: ['tenants'] })
      toasts.done(`${tenant.name} created`)
      await navigate({ to: tenantPath(tenant.id) })
    },
  })
  const { errors, dirtyFields } = form.formState
  const problem = create.error ? toProblem(create.error) : undefined
  const unplaced = problem !== undefined && findOwnRefusals(problem).length === 0
  const id = useWatch({ control: form.control, name: 'id' })
  const submit = form.handleSubmit((values) => create.mutate(values))
  return (
    <Dialog
      open
      locked={create.isPending}
      onClose={props.onClose}
      title="New tenant"
      mark={<Plate tenantId={id || 'tenant'} />}
      description="A name and an id are enough. Everything but the id can be changed later."
      foot={
        <>
          <Button onClick={props.onClose} disabled={create.isPending}>
            Cancel
          </Button>
          <Button kind="primary" type="submit" form={formId} busy={create.isPending}>
            Create tenant
          </Button>
        </>
      }
    >
      <form id={formId} noValidate onSubmit={(event) => void submit(event)} className="mt-4 flex flex-col gap-2">
        <ProblemNotice
          className="mb-2"
          words={unplaced ? describeProblem({ problem, attempt: 'other' }) : undefined}
          waiting={problem?.status === 429}
        />
        <TextField
          label="Name"
          autoComplete="off"
          error={errors.name?.message}
          {...form.register('name', {
            validate: checkTenantName,
            onChange: (event: { target: { value: string } }) => {
              // Follows the name until somebody writes an id of their own.
              if (dirtyFields.id) return
              form.resetField('id', { defaultValue: deriveTenantId(event.target.value) })
            },
          })}
        />
        <TextField
          label="Id"
          hint="Names it in addresses and in the API; it cannot be changed later."
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          error={errors.id?.message}
          {...form.register('id', { validate: (value) => checkTenantId(value) ?? true })}
        />
        <TextAreaField
          label="System prompt"
          optional
          rows={3}
          hint="Without one, the platform’s own prompt answers."
          error={errors.system_prompt?.message}
          {...form.register('system_prompt', {
            maxLength: { value: promptCharactersMax, message: 'A prompt has 100,000 characters at most.' },
          })}
        />
      </form>
    </Dialog>
  )
}

function findOwnRefusals(problem: ApiProblem): { name: (typeof names)[number]; message: string }[] {
  if (problem.code === 'tenant.id_taken') {
    return [{ name: 'id', message: 'Another tenant has this id. Choose another.' }]
  }
  return findRefusals({ problem, names })
}
