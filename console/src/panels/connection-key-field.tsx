import { useState, type ReactNode } from 'react'
import { describeProblem, toProblem } from '../api/problem.ts'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { SecretField } from '../ui/secret-field.tsx'
import { useToasts } from '../ui/toasts.ts'
import { connectionNames, connectionNouns } from './connection-steps.ts'
import type { Tenant } from './tenant.queries.ts'
import type { Connection } from './use-connection.ts'

/** The write-only key of a connection: set or not, since when, replaced, or removed once its consequences were read. */
export function ConnectionKeyField(props: { connection: Connection; label: string; hint: string }): ReactNode {
  const { connection } = props
  const { key, kind, tenant, form, rules } = connection
  const [asking, setAsking] = useState(false)
  const toasts = useToasts()
  const remove = async (): Promise<void> => {
    await key.remove()
    toasts.done(`${connectionNames[kind]} key of ${tenant.name} removed`)
  }
  return (
    <>
      <SecretField
        label={props.label}
        optional={!key.stored.set && key.needed === undefined}
        hint={key.needed ?? props.hint}
        error={connection.errorOf(key.name)}
        stored={key.stored}
        needed={key.needed !== undefined}
        replacing={key.replacing}
        onReplacing={key.setReplacing}
        onRemove={() => setAsking(true)}
        {...form.register(key.name, { validate: rules[key.name] })}
      />
      <ConfirmDialog
        open={asking}
        onClose={() => setAsking(false)}
        title={`Remove the ${connectionNouns[kind]} key of ${tenant.name}?`}
        description={kind === 'model' ? describeModelLoss(tenant) : describePineconeLoss(tenant)}
        keep="Keep key"
        verb="Remove key"
        onConfirm={remove}
        describeFailure={(thrown) => describeProblem({ problem: toProblem(thrown), attempt: 'other' })}
      />
    </>
  )
}

function describeModelLoss(tenant: Tenant): string {
  const { model_base_url: address } = tenant
  const alone = 'Nobody can read the key again, so it cannot be brought back.'
  if (address !== null) {
    return `Its address ${address} goes with it, as it cannot be used without. Answers then come from the platform’s model, and fail where it has none. ${alone}`
  }
  return `Answers then use the platform’s key, and fail where it has none. ${alone}`
}

function describePineconeLoss(tenant: Tenant): string {
  const rest = 'Nothing is deleted in Pinecone, but nobody can read the key here again.'
  return tenant.retrieval === 'semantic'
    ? `Retrieval is Semantic: without a key every answer fails. ${rest}`
    : `Answers then find passages by keyword in its own documents. ${rest}`
}
