import { useId, useState, type ReactNode } from 'react'
import type { User } from '../api/client.ts'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'
import { PasswordHandover } from './people-handover.tsx'
import { NewPersonForm } from './people-new-form.tsx'
import { useCreateTenantUser } from './people-queries.ts'
import { namePerson } from './people-words.ts'

/** Makes users of a tenant's own within a page, one after another; a suggested password can be copied after each. */
export function CreateTenantUser(props: {
  tenantId: string
  tenantName: string
  onCreated?: (user: User) => void
}): ReactNode {
  const { tenantId, tenantName, onCreated } = props
  const formId = useId()
  const create = useCreateTenantUser(tenantId)
  const [made, setMade] = useState<{ user: User; password: string | undefined }>()
  if (made) {
    return (
      <div role="status" className="flex flex-col gap-3">
        <Notice tone="fine" icon="check" title={`${namePerson(made.user)} may sign in to ${tenantName}`} />
        {made.password !== undefined && <PasswordHandover email={made.user.email} password={made.password} />}
        <Button className="self-start" onClick={() => setMade(undefined)}>
          Create another user
        </Button>
      </div>
    )
  }
  return (
    <>
      <NewPersonForm
        id={formId}
        taken={describeTaken(tenantName)}
        onSubmit={async (person, { isSuggested }) => {
          const user = await create.mutateAsync(person)
          setMade({ user, password: isSuggested ? person.password : undefined })
          onCreated?.(user)
        }}
      />
      <Button type="submit" form={formId} busy={create.isPending} className="mt-2">
        Create user
      </Button>
    </>
  )
}

/** What it means that a tenant has an address already. */
export function describeTaken(tenantName: string): string {
  return `A user of ${tenantName} has this address already. Use another one.`
}
