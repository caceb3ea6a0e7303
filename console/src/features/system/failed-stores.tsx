import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { formatPlural } from '../../lib/numbers.ts'
import { tenantPath } from '../../lib/paths.ts'
import { useRetryStore } from '../../panels/use-retry-store.ts'
import { Button } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { Plate } from '../../ui/plate.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { When } from '../../ui/time.tsx'
import { useToasts } from '../../ui/toasts.ts'
import { describeFailedStore } from './fleet-words.ts'
import { useRetryFleet, type Fleet } from '../../panels/fleet.queries.ts'

type FailedStore = Fleet['migrations']['failed'][number]

/** The server tells this many at most. */
const shownMax = 200

/** The tenants whose databases could not be made or migrated: why, and the way to try again, for each and for all. */
export function FailedStores(props: { stores: readonly FailedStore[] }): ReactNode {
  const { stores } = props
  const retry = useRetryFleet()
  const toasts = useToasts()
  const problem = retry.error ? toProblem(retry.error) : undefined
  const tryAll = (): void =>
    retry.mutate(undefined, {
      onSuccess: ({ migrations }) => {
        const left = migrations.failed.length
        if (left === 0) toasts.done('Every database is up to date')
        else toasts.failed(`${formatPlural(left, 'database')} failed again`, { detail: 'Each says why below.' })
      },
    })
  return (
    <div className="mt-4">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 pb-3">
        <p className="text-ink-2">
          {stores.length === 1
            ? 'This tenant is not served until it is mended; nothing of it is lost.'
            : 'These tenants are not served until they are mended; nothing of them is lost.'}
          {stores.length >= shownMax && ' The first 200 are shown.'}
        </p>
        {stores.length > 1 && (
          <Button className="ms-auto" busy={retry.isPending} onClick={tryAll}>
            Try all again
          </Button>
        )}
      </div>
      <ProblemNotice className="mb-3" words={problem && describeProblem({ problem, attempt: 'other' })} />
      <ul aria-label="Failed databases" className="border-t border-line">
        {stores.map((store) => (
          <FailedRow key={store.tenant_id} store={store} busy={retry.isPending} />
        ))}
      </ul>
    </div>
  )
}

function FailedRow(props: { store: FailedStore; busy: boolean }): ReactNode {
  const { store } = props
  const retry = useRetryStore(store.tenant_id)
  const toasts = useToasts()
  const { what, verb } = describeFailedStore(store)
  const problem = retry.error ? toProblem(retry.error) : undefined
  const again = (): void =>
    retry.mutate(undefined, {
      onSuccess: (tenant) => {
        if (tenant.state === 'failed') {
          toasts.failed(`${store.name} failed again`, { detail: tenant.failure ?? undefined })
        } else if (tenant.state === 'active') toasts.done(`${store.name} is served again`)
      },
    })
  return (
    <li className="flex gap-3 border-b border-line py-3">
      <Plate tenantId={store.tenant_id} />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <Link to={tenantPath(store.tenant_id)} className="font-medium wrap-anywhere text-ink hover:underline">
            {store.name}
          </Link>
          <span className="font-mono text-[12px]/[16px] wrap-anywhere text-ink-3">{store.tenant_id}</span>
          <span className="text-meta text-ink-3">
            <When time={store.at} />
          </span>
        </p>
        <p className="text-ink-2">{[what, store.failure].filter(Boolean).join(' ')}</p>
        {store.error !== null && (
          <details className="mt-1 text-meta">
            <summary className="w-fit cursor-default rounded-xs text-ink-3 hover:text-ink">
              What the database said
            </summary>
            <div className="mt-1">
              <CodeBlock title="Error of the database" code={store.error} />
            </div>
          </details>
        )}
        <ProblemNotice className="mt-2" words={problem && describeProblem({ problem, attempt: 'other' })} />
      </div>
      <Button size="small" busy={retry.isPending || props.busy} onClick={again}>
        {verb}
      </Button>
    </li>
  )
}
