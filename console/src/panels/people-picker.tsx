import { useQuery } from '@tanstack/react-query'
import { useDeferredValue, useState, type ReactNode } from 'react'
import { useApi } from '../api/api-context.ts'
import type { User } from '../api/client.ts'
import { describeProblem, toProblem, type ApiProblem } from '../api/problem.ts'
import { PickList } from '../ui/pick-list.tsx'
import { ProblemNotice } from '../ui/problem-notice.tsx'
import { useMoveUser } from './people-assign.ts'
import { describeObstacle } from './people-obstacle.ts'
import { getUserChoicesQueryOptions } from './people-queries.ts'
import { namePerson } from './people-words.ts'

/**
 * Finds a platform user and assigns it to a tenant by pressing it, for superusers. A toast offers to undo it; a refusal
 * stands above the search with its remedy.
 */
export function AssignUserPicker(props: { tenantId: string; onAssigned?: (user: User) => void }): ReactNode {
  const { tenantId, onAssigned } = props
  const [search, setSearch] = useState('')
  const [problem, setProblem] = useState<ApiProblem>()
  const users = useQuery(getUserChoicesQueryOptions({ api: useApi(), search: useDeferredValue(search) }))
  const { move } = useMoveUser()
  const assign = async (user: User): Promise<void> => {
    setProblem(undefined)
    try {
      await move({ user, to: tenantId })
      onAssigned?.(user)
    } catch (thrown) {
      setProblem(toProblem(thrown))
    }
  }
  return (
    <>
      <ProblemNotice className="mb-4" words={problem && describeProblem({ problem, attempt: 'people' })} />
      <PickList
        label="Platform user"
        placeholder="Name or e-mail"
        search={search}
        onSearch={setSearch}
        foundLabel="Users found"
        found={users.data?.map((user) => {
          const obstacle = describeObstacle({ user, tenantId })
          return {
            key: user.id,
            content: <Choice user={user} obstacle={obstacle} />,
            pick: obstacle === undefined ? () => void assign(user) : undefined,
          }
        })}
        none={search.trim() === '' ? 'There is no platform user yet.' : `No platform user matches “${search.trim()}”.`}
        failure={users.error ? 'The users did not load. Close this and open it again.' : undefined}
      />
    </>
  )
}

function Choice(props: { user: User; obstacle: string | undefined }): ReactNode {
  const { user, obstacle } = props
  return (
    <>
      <span className="flex min-w-0 flex-1 flex-col">
        <span className={`truncate ${obstacle === undefined ? 'font-medium text-ink' : 'text-ink-2'}`}>
          {namePerson(user)}
        </span>
        <span className="truncate text-meta text-ink-3">{obstacle ?? user.email}</span>
      </span>
      {obstacle === undefined && (
        <span className="shrink-0 text-meta text-ink-3">
          {user.tenant_id === null ? 'no tenant' : `leaves ${user.tenant_id}`}
        </span>
      )}
    </>
  )
}
