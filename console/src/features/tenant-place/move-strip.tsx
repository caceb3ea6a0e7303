import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { toProblem } from '../../api/problem.ts'
import { useView } from '../../lib/use-view.ts'
import { getMoveQueryOptions } from '../../panels/move.queries.ts'
import type { Tenant } from '../../panels/tenant.queries.ts'
import { useServers } from '../../panels/use-servers.ts'
import { Button } from '../../ui/button.tsx'
import { useToasts } from '../../ui/toasts.ts'
import { MoveProgress } from './move-progress.tsx'
import { describeEnd, describePlace, describeRefusedMove } from '../../panels/move-words.ts'
import { settingsView } from './settings.view.ts'
import { useEndMove } from './use-move.ts'

/**
 * A move that goes on, below the head of its tenant's page, on every tab: how far it is, and the way to end it. When it
 * ends, everything of the tenant is asked for anew and a toast tells how, unless the dialog of the move shows it anyway.
 */
export function MoveStrip(props: { tenant: Tenant }): ReactNode {
  return props.tenant.state === 'moving' ? <Strip {...props} /> : null
}

function Strip(props: { tenant: Tenant }): ReactNode {
  const { tenant } = props
  const [{ move: isShown }] = useView(settingsView)
  const { nameServer } = useServers(true)
  const { data: move } = useQuery(getMoveQueryOptions(useApi(), tenant.id))
  const queryClient = useQueryClient()
  const toasts = useToasts()
  const end = useEndMove(tenant.id)
  const told = useRef<string>(undefined)
  useEffect(() => {
    if (move === undefined || move.ended_at === null || told.current === move.id) return
    told.current = move.id
    const words = describeEnd(move, nameServer)
    if (words && !isShown) {
      if (move.step === 'failed') toasts.failed(`${tenant.name}: ${words.title}`, { detail: words.advice })
      else toasts.done(`${tenant.name}: ${words.title}`, { detail: words.advice })
    }
    void queryClient.invalidateQueries({
      queryKey: ['tenant', tenant.id],
      predicate: ({ queryKey }) => queryKey[2] !== 'move',
    })
    void queryClient.invalidateQueries({ queryKey: ['tenants'] })
  }, [move, nameServer, isShown, tenant.id, tenant.name, toasts, queryClient])
  if (move === undefined || move.ended_at !== null) return null
  const failure = end.error ? describeRefusedMove(toProblem(end.error)) : undefined
  return (
    <section
      aria-label="Move"
      className="flex flex-wrap items-center gap-x-6 gap-y-2 border-b border-line bg-sunken px-6 py-3 phone:px-4"
    >
      <p className="text-ink">
        Moving to {describePlace(move.target, nameServer)}
        <span className="block text-meta text-ink-3">It is served meanwhile.</span>
      </p>
      <div className="min-w-[220px] flex-1">
        <MoveProgress move={move} />
      </div>
      <Button busy={end.isPending || end.isSuccess} onClick={() => end.mutate()}>
        End move
      </Button>
      <p role="alert" className="basis-full text-meta text-danger empty:hidden">
        {failure && `${failure.title} ${failure.advice}`}
      </p>
    </section>
  )
}
