import { useId, type ReactNode } from 'react'
import { useForm } from 'react-hook-form'
import { toProblem } from '../../api/problem.ts'
import { checkWhole } from '../../lib/rules.ts'
import type { DatabaseServer } from '../../panels/use-servers.ts'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { PasswordField } from '../../ui/password-field.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { checkAddress, describeRefusedServer, findServerRefusals } from './server-words.ts'
import type { ServerChanges } from './use-servers-admin.ts'

const names = ['name', 'address', 'tenants_max', 'connections_max'] as const
const nameCharactersMax = 100

/** What a saved server is made of; the address only where one was typed. */
export type ServerDraft = ServerChanges & { name: string }

/**
 * The dialog that registers a database server, or changes one. An address is tried by the server before anything is
 * saved, and never shown again.
 */
export function ServerForm(props: {
  server?: DatabaseServer
  busy: boolean
  error: unknown
  onSave: (draft: ServerDraft) => Promise<unknown>
  onClose: () => void
}): ReactNode {
  const { server, busy, error } = props
  const formId = useId()
  const form = useForm({
    mode: 'onTouched',
    defaultValues: {
      name: server?.name ?? '',
      address: '',
      tenants_max: writeBound(server?.tenants_max),
      connections_max: writeBound(server?.connections_max),
    },
  })
  const { errors, dirtyFields } = form.formState
  const problem = error ? toProblem(error) : undefined
  const isPlaced = problem !== undefined && findServerRefusals({ problem, names }).length > 0
  const submit = form.handleSubmit(async (fields) => {
    const address = fields.address.trim()
    try {
      await props.onSave({
        name: fields.name.trim(),
        ...(address !== '' && { address }),
        ...(dirtyFields.tenants_max && { tenants_max: readBound(fields.tenants_max) }),
        ...(dirtyFields.connections_max && { connections_max: readBound(fields.connections_max) }),
      })
    } catch (thrown) {
      for (const { name, message } of findServerRefusals({ problem: toProblem(thrown), names })) {
        form.setError(name, { message }, { shouldFocus: true })
      }
    }
  })
  return (
    <FormDialog
      keep
      onClose={props.onClose}
      title={server ? `Edit ${server.name}` : 'Add a database server'}
      description={server ? undefined : 'New tenants with a database of their own go to the server with most room.'}
      note={busy ? 'Trying the address' : undefined}
      formId={formId}
      cancel={server ? 'Change nothing' : 'Add nothing'}
      verb={server ? 'Save server' : 'Add server'}
      busy={busy}
    >
      <form id={formId} noValidate onSubmit={(event) => void submit(event)} className="mt-3 flex flex-col gap-2">
        <ProblemNotice words={problem && !isPlaced ? describeRefusedServer(problem) : undefined} className="mb-2" />
        <TextField
          label="Name"
          autoComplete="off"
          placeholder="eu-db-2"
          hint="How it is called here."
          error={errors.name?.message}
          {...form.register('name', { validate: checkName })}
        />
        {server?.is_built_in !== true && (
          <PasswordField
            label="Address"
            autoComplete="off"
            placeholder={server ? 'Left empty, it stays as it is' : 'postgres://owner:password@host:5432/postgres'}
            hint="Of an owner who may make databases and roles. Tried before it is saved, kept sealed, never shown again."
            error={errors.address?.message}
            {...form.register('address', {
              validate: (text) => (server && text.trim() === '' ? true : (checkAddress(text) ?? true)),
            })}
          />
        )}
        <TextField
          label="Tenants at most"
          optional
          inputMode="numeric"
          autoComplete="off"
          hint="Left empty, any number."
          error={errors.tenants_max?.message}
          {...form.register('tenants_max', { validate: checkBound({ min: 0, max: 1_000_000 }) })}
        />
        <TextField
          label="Connections at most"
          optional
          inputMode="numeric"
          autoComplete="off"
          hint="Left empty, what the server has, less a reserve."
          error={errors.connections_max?.message}
          {...form.register('connections_max', { validate: checkBound({ min: 2, max: 100_000 }) })}
        />
      </form>
    </FormDialog>
  )
}

function checkName(text: string): string | true {
  if (text.trim() === '') return 'Enter a name.'
  return text.trim().length <= nameCharactersMax || `${nameCharactersMax} characters at most.`
}

function checkBound(bounds: { min: number; max: number }): (text: string) => string | true {
  const check = checkWhole(bounds)
  return (text) => text.trim() === '' || check(text)
}

function writeBound(value: number | null | undefined): string {
  return value == null ? '' : String(value)
}

function readBound(text: string): number | null {
  return text.trim() === '' ? null : Number(text)
}
