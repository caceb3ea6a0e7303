import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { toProblem } from '../../api/problem.ts'
import { formatDay } from '../../lib/format.ts'
import { getMoveQueryOptions, type Move } from '../../panels/move.queries.ts'
import type { Tenant } from '../../panels/tenant.queries.ts'
import { Button } from '../../ui/button.tsx'
import { ChoiceCards } from '../../ui/choice-cards.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Plate } from '../../ui/plate.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { listMoveTargets, type OfferedServer } from './move-targets.ts'
import { MoveProgress } from './move-progress.tsx'
import { describeEnd, describePlace, describeRefusedMove, type NameServer } from '../../panels/move-words.ts'
import { useEndMove, useStartMove } from './use-move.ts'

interface MoveDialogProps {
  tenant: Tenant
  servers: readonly OfferedServer[]
  nameServer: NameServer
  onClose: () => void
}

/** Moves a tenant to another store: where to, then how far it is, then how it ended. Closing it ends nothing. */
export function MoveDialog(props: MoveDialogProps & { open: boolean }): ReactNode {
  return props.open ? <OpenDialog {...props} /> : null
}

function OpenDialog(props: MoveDialogProps): ReactNode {
  const { tenant } = props
  // One that runs already is shown as it is; one that was begun here is followed to its end.
  const [following, setFollowing] = useState(tenant.state === 'moving')
  const { data: move } = useQuery({ ...getMoveQueryOptions(useApi(), tenant.id), enabled: following })
  if (!following) return <ChooseTarget {...props} onBegun={() => setFollowing(true)} />
  if (move === undefined || move.ended_at === null) return <Running {...props} move={move} />
  return <Ended {...props} move={move} onAgain={() => setFollowing(false)} />
}

function ChooseTarget(props: MoveDialogProps & { onBegun: () => void }): ReactNode {
  const { tenant, nameServer } = props
  const targets = listMoveTargets(props)
  const [chosen, setChosen] = useState(targets[0]?.value)
  const start = useStartMove(tenant)
  const target = targets.find(({ value }) => value === chosen)
  const reason = tenant.state === 'active' ? undefined : 'Only an active tenant can be moved'
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={`Move ${tenant.name}`}
      mark={<Plate tenantId={tenant.id} />}
      description={
        targets.length === 1 && target
          ? `From ${describePlace(tenant, nameServer)} to ${describePlace({ database_server_id: null, ...target.body }, nameServer)}.`
          : `Now it lives in ${describePlace(tenant, nameServer)}.`
      }
      locked={start.isPending}
      foot={
        <>
          <Button onClick={props.onClose}>Keep it here</Button>
          <Button
            kind="primary"
            busy={start.isPending}
            reason={reason}
            onClick={() => target && start.mutate(target, { onSuccess: props.onBegun })}
          >
            Move tenant
          </Button>
        </>
      }
    >
      <div className="mt-4 flex flex-col gap-4">
        {targets.length > 1 && (
          <ChoiceCards label="Move it to" value={chosen} choices={targets} onChoose={setChosen} column />
        )}
        <ul className="flex list-disc flex-col gap-1 ps-4 text-ink-2">
          <li>It is served all the while; its rows are copied first.</li>
          <li>At the end writes wait for about a second. Reads never do.</li>
          <li>The former store is kept for 7 days, then destroyed.</li>
        </ul>
        <ProblemNotice words={start.error ? describeRefusedMove(toProblem(start.error)) : undefined} />
      </div>
    </Dialog>
  )
}

function Running(props: MoveDialogProps & { move: Move | undefined }): ReactNode {
  const { tenant, move } = props
  const end = useEndMove(tenant.id)
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={`Moving ${tenant.name}`}
      mark={<Plate tenantId={tenant.id} />}
      description={move ? `To ${describePlace(move.target, props.nameServer)}. It is served meanwhile.` : undefined}
      note="It goes on when this is closed."
      foot={
        <>
          <Button onClick={props.onClose}>Close</Button>
          <Button busy={end.isPending || end.isSuccess} onClick={() => end.mutate()}>
            End move
          </Button>
        </>
      }
    >
      <div className="mt-4 flex flex-col gap-4">
        {move && <MoveProgress move={move} />}
        <ProblemNotice words={end.error ? describeRefusedMove(toProblem(end.error)) : undefined} />
      </div>
    </Dialog>
  )
}

const endTones = { moved: 'fine', aborted: 'warn', failed: 'danger' } as const
const endIcons = { moved: 'check', aborted: 'attention', failed: 'failure' } as const

function Ended(props: MoveDialogProps & { move: Move; onAgain: () => void }): ReactNode {
  const { tenant, move, nameServer } = props
  const words = describeEnd(move, nameServer)
  const end = move.step === 'moved' || move.step === 'aborted' ? move.step : 'failed'
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={end === 'moved' ? `${tenant.name} moved` : `${tenant.name} was not moved`}
      mark={<Plate tenantId={tenant.id} />}
      foot={
        <>
          {end !== 'moved' && <Button onClick={props.onAgain}>Move it again</Button>}
          <Button kind="primary" onClick={props.onClose}>
            Close
          </Button>
        </>
      }
    >
      <div role="status" className="mt-3">
        {words && (
          <Notice tone={endTones[end]} icon={endIcons[end]} title={words.title}>
            {words.advice}
            {move.source_kept_until !== null &&
              ` The former store is kept until ${formatDay(move.source_kept_until)}, then destroyed.`}
          </Notice>
        )}
      </div>
    </Dialog>
  )
}
