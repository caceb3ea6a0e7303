import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { ask } from '../../api/client.ts'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { formatCount, formatMoney, formatPlural } from '../../lib/numbers.ts'
import { forgetRecentTenants } from '../../lib/recent-tenants.ts'
import type { Tenant } from '../../panels/tenant.queries.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Plate } from '../../ui/plate.tsx'
import { useToasts } from '../../ui/toasts.ts'
import { getPurgeLossesQueryOptions } from './tenants.queries.ts'
import { useSwitchTenant } from './use-switch-tenant.ts'

const describeFailure = (thrown: unknown): { title: string; advice: string } =>
  describeProblem({ problem: toProblem(thrown), attempt: 'other' })

/** Asks before a tenant is suspended. */
export function SuspendDialog(props: { tenant: Tenant; open: boolean; onClose: () => void }): ReactNode {
  const { tenant } = props
  const { turn } = useSwitchTenant(tenant)
  return (
    <ConfirmDialog
      open={props.open}
      onClose={props.onClose}
      title={`Suspend ${tenant.name}?`}
      mark={<Plate tenantId={tenant.id} />}
      description="Its users and API keys are refused until it is activated again. Nothing is deleted."
      keep="Keep it active"
      verb={`Suspend ${tenant.name}`}
      danger={false}
      onConfirm={() => turn(false)}
      describeFailure={describeFailure}
    />
  )
}

/** Asks before a tenant is destroyed: counts what is lost and wants its id typed. Then leads to the list. */
export function PurgeDialog(props: { tenant: Tenant; open: boolean; onClose: () => void }): ReactNode {
  return props.open ? <OpenPurgeDialog {...props} /> : null
}

function OpenPurgeDialog(props: { tenant: Tenant; onClose: () => void }): ReactNode {
  const { tenant } = props
  const api = useApi()
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const toasts = useToasts()
  const losses = useQuery(getPurgeLossesQueryOptions(api, tenant.id))
  const count = (value: number | undefined, more = false): string => {
    if (losses.isPending) return '…'
    return value === undefined ? 'not counted' : `${formatCount(value)}${more ? '+' : ''}`
  }
  const purge = async (): Promise<void> => {
    const receipt = await ask(
      api.server.admin
        .tenants({ id: tenant.id })
        .delete(undefined, { query: { purge: true }, headers: { 'x-confirm': tenant.id } }),
    )
    forgetRecentTenants(tenant.id)
    await navigate({ to: '/tenants', replace: true })
    queryClient.removeQueries({ queryKey: ['tenant', tenant.id] })
    void queryClient.invalidateQueries({ queryKey: ['tenants'] })
    const used = receipt ? receipt.usage : undefined
    toasts.done(`${tenant.name} purged`, {
      detail:
        used && `${formatPlural(used.calls, 'request')} on record went with it: ${formatMoney(used.cost_micro_usd)}.`,
    })
  }
  return (
    <ConfirmDialog
      open
      onClose={props.onClose}
      title={`Purge ${tenant.name}?`}
      mark={<Plate tenantId={tenant.id} />}
      description="Its users, conversations, documents, keys and usage are destroyed. This cannot be undone."
      losses={[
        { count: count(losses.data?.users, losses.data?.moreUsers), what: 'users' },
        { count: count(losses.data?.promptVersions), what: 'prompts' },
        { count: count(losses.data?.requests), what: 'requests' },
      ]}
      typed={tenant.id}
      keep="Keep tenant"
      verb="Purge tenant"
      onConfirm={purge}
      describeFailure={describeFailure}
    />
  )
}
