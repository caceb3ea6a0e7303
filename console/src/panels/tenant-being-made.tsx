import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../api/api-context.ts'
import { describeProblem, toProblem } from '../api/problem.ts'
import { formatAge } from '../lib/format.ts'
import { useNow } from '../lib/use-now.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icons.tsx'
import { ProblemNotice } from '../ui/problem-notice.tsx'
import { State } from '../ui/state.tsx'
import { getMeQueryOptions } from './me.queries.ts'
import { getTenantQueryOptions, type Tenant } from './tenant.queries.ts'
import { useRetryStore } from './use-retry-store.ts'

const askEveryMs = 1_000
/** From here on it is said that it takes long. */
const longMs = 20_000

/** Whether a tenant's database is not there yet, so that nothing of the tenant can be shown. */
export function isBeingMade(tenant: Pick<Tenant, 'state'>): boolean {
  return tenant.state === 'provisioning' || tenant.state === 'failed'
}

/**
 * What stands in place of a tenant whose database is being made, or could not be: looks again each second, says why it
 * failed, and has superusers try again. The page around it goes on by itself once the tenant is there.
 */
export function TenantBeingMade(props: { tenant: Tenant }): ReactNode {
  const { tenant } = props
  return tenant.state === 'failed' ? <Failed tenant={tenant} /> : <Making tenant={tenant} />
}

function Making(props: { tenant: Tenant }): ReactNode {
  const { tenant } = props
  useQuery({ ...getTenantQueryOptions(useApi(), tenant.id), refetchInterval: askEveryMs })
  const now = useNow(askEveryMs)
  const isLong = now.getTime() - new Date(tenant.created_at).getTime() > longMs
  return (
    <div className="flex max-w-[60ch] flex-col items-start gap-3 p-6 phone:p-4">
      <div role="status">
        <State kind="working">Making the database of {tenant.name}</State>
      </div>
      <p className="text-ink-2">
        It gets a database of its own, with a role that opens no other. This page goes on by itself; leaving it stops
        nothing.
      </p>
      {isLong && (
        <p className="text-ink-2">
          It was begun {formatAge({ time: tenant.created_at, now })} and takes longer than usual: the database server
          may be busy or not answer.
        </p>
      )}
    </div>
  )
}

function Failed(props: { tenant: Tenant }): ReactNode {
  const { tenant } = props
  const api = useApi()
  const queryClient = useQueryClient()
  const { data: me } = useQuery(getMeQueryOptions(api))
  const { queryKey } = getTenantQueryOptions(api, tenant.id)
  const retry = useRetryStore(tenant.id)
  const look = useMutation({ mutationFn: () => queryClient.invalidateQueries({ queryKey }) })
  // A database that is there already has failed at a migration.
  const isMade = tenant.database_name !== null
  const problem = retry.error ? toProblem(retry.error) : undefined
  return (
    <div className="flex gap-3 p-6 phone:p-4">
      <Icon name="failure" className="mt-[2px] size-[16px] shrink-0 text-danger" />
      <div className="flex max-w-[60ch] min-w-0 flex-col items-start gap-3">
        <div>
          <h2 className="text-[14px]/[20px] font-semibold text-ink">
            {isMade ? 'Its database could not be brought up to date' : 'Its database could not be made'}
          </h2>
          <p className="text-ink-2">
            {tenant.failure ?? 'The database server does not answer.'}{' '}
            {me?.is_superuser
              ? 'Nothing was lost, and no other tenant is touched.'
              : 'Nothing was lost. The people who run this server can mend it and try again.'}
          </p>
        </div>
        <ProblemNotice words={problem && describeProblem({ problem, attempt: 'other' })} />
        {me?.is_superuser ? (
          <Button kind="primary" busy={retry.isPending} onClick={() => retry.mutate()}>
            {isMade ? 'Migrate database again' : 'Make database again'}
          </Button>
        ) : (
          <Button busy={look.isPending} onClick={() => look.mutate()}>
            Look again
          </Button>
        )}
      </div>
    </div>
  )
}
