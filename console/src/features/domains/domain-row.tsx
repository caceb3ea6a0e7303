import { useState, type ReactNode } from 'react'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { formatFullTime } from '../../lib/format.ts'
import { formatDate } from '../../lib/times.ts'
import { useNow } from '../../lib/use-now.ts'
import type { Domain } from '../../panels/domains.queries.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { State } from '../../ui/state.tsx'
import { useToasts } from '../../ui/toasts.ts'
import { DomainProof } from './domain-proof.tsx'
import { useRemoveDomain } from './use-domains.ts'

/** One origin: how it is, how a pending one is proven, and the way to remove it. */
export function DomainRow(props: { tenantId: string; domain: Domain; isSuperuser: boolean }): ReactNode {
  const { tenantId, domain } = props
  const [removing, setRemoving] = useState(false)
  const now = useNow()
  return (
    <li className="border-b border-line py-[10px] last:border-b-0">
      <div className="flex items-center gap-x-4">
        <div className="flex min-w-0 flex-1 flex-wrap items-center justify-between gap-x-4">
          <p className="font-mono text-meta wrap-anywhere text-ink">{domain.origin}</p>
          {domain.verified_at === null ? (
            <State kind="attention">Pending</State>
          ) : (
            <State kind="fine">
              Verified since{' '}
              <time dateTime={domain.verified_at} title={formatFullTime(domain.verified_at)}>
                {formatDate({ time: domain.verified_at, now })}
              </time>
            </State>
          )}
        </div>
        <IconButton icon="trash" label={`Remove ${domain.origin}…`} size="small" onClick={() => setRemoving(true)} />
      </div>
      {domain.proof !== null && (
        <DomainProof tenantId={tenantId} domain={domain.domain} proof={domain.proof} isSuperuser={props.isSuperuser} />
      )}
      <RemoveDialog tenantId={tenantId} domain={domain} open={removing} onClose={() => setRemoving(false)} />
    </li>
  )
}

function RemoveDialog(props: { tenantId: string; domain: Domain; open: boolean; onClose: () => void }): ReactNode {
  const { tenantId, domain } = props
  const remove = useRemoveDomain({ tenantId, domain: domain.domain })
  const toasts = useToasts()
  return (
    <ConfirmDialog
      open={props.open}
      onClose={props.onClose}
      title={`Remove ${domain.origin}?`}
      description={
        domain.status === 'verified'
          ? 'Within a second, browsers refuse its pages this server’s answers, and they no longer count as its own. To bring it back it has to be proven anew.'
          : 'Nothing counts on it yet. Added again, it gets another record.'
      }
      keep="Keep origin"
      verb="Remove origin"
      onConfirm={async () => {
        await remove.mutateAsync()
        toasts.done(`${domain.origin} removed`)
      }}
      describeFailure={(thrown) => describeProblem({ problem: toProblem(thrown), attempt: 'other' })}
    />
  )
}
