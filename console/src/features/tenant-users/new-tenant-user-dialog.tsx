import type { ReactNode } from 'react'
import { describeTaken } from '../../panels/people-create.tsx'
import { NewPersonDialog } from '../../panels/people-new-dialog.tsx'
import { useCreateTenantUser } from '../../panels/people-queries.ts'
import type { Tenant } from '../../panels/tenant.queries.ts'
import { Plate } from '../../ui/plate.tsx'

/** Makes a user of a tenant's own. */
export function NewTenantUserDialog(props: { tenant: Tenant; onClose: () => void }): ReactNode {
  const { tenant } = props
  const create = useCreateTenantUser(tenant.id)
  return (
    <NewPersonDialog
      title={`New user of ${tenant.name}`}
      mark={<Plate tenantId={tenant.id} />}
      description="This tenant’s own: signs in here and nowhere else."
      taken={describeTaken(tenant.name)}
      busy={create.isPending}
      onCreate={(person) => create.mutateAsync(person)}
      onClose={props.onClose}
    />
  )
}
