import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import type { User } from '../../api/client.ts'
import { ProblemPanel } from '../../panels/problem-panel.tsx'
import { namePerson } from '../../panels/people-words.ts'
import { Awaited, Bone } from '../../ui/bone.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { PersonActions } from './person-actions.tsx'
import { PersonStep, type Step } from './person-step.tsx'
import { getPersonQueryOptions } from './people.queries.ts'

/**
 * One platform user: who it is and everything that can be done with it. What asks a question takes the place of the
 * details; given up, it leads back to them.
 */
export function PersonDialog(props: { id: string | undefined; rows: readonly User[]; onClose: () => void }): ReactNode {
  // A key, so that one user's open question is never put to another.
  return props.id === undefined ? null : <OpenDialog key={props.id} {...props} id={props.id} />
}

function OpenDialog(props: { id: string; rows: readonly User[]; onClose: () => void }): ReactNode {
  const { id, rows, onClose } = props
  const [step, setStep] = useState<Step>()
  const listed = rows.find((row) => row.id === id)
  const single = useQuery(getPersonQueryOptions({ api: useApi(), id, enabled: listed === undefined }))
  const user = listed ?? single.data
  if (user && step) {
    return <PersonStep step={step} user={user} onCancel={() => setStep(undefined)} onDone={onClose} />
  }
  return (
    <Dialog open onClose={onClose} title={user ? namePerson(user) : 'User'}>
      {user ? (
        <PersonActions user={user} onStep={setStep} onDone={onClose} />
      ) : (
        <Awaited pending={single.isPending} what="the user" skeleton={<Skeleton />}>
          <ProblemPanel what="This user" thrown={single.error} onTryAgain={() => single.refetch()} />
        </Awaited>
      )}
    </Dialog>
  )
}

function Skeleton(): ReactNode {
  return (
    <div className="flex flex-col gap-6 py-4">
      {[0, 1, 2, 3].map((row) => (
        <div key={row} className="flex items-center justify-between">
          <Bone width={150 + row * 12} />
          <Bone width={88} height={24} />
        </div>
      ))}
    </div>
  )
}
