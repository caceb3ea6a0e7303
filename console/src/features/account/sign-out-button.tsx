import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icons.tsx'

/** Ends the session. Leaving the page after a success is the router's: it hears that the session ended. */
export function SignOutButton(): ReactNode {
  const api = useApi()
  const leave = useMutation({ mutationFn: () => api.signOut() })
  return (
    <div className="flex items-center gap-3">
      <span role="alert" className="text-end text-meta text-danger">
        {leave.isError && 'Still signed in: the server did not answer.'}
      </span>
      <Button busy={leave.isPending || leave.isSuccess} onClick={() => leave.mutate()}>
        {!leave.isPending && !leave.isSuccess && <Icon name="leave" className="shrink-0 text-ink-3" />}
        Sign out
      </Button>
    </div>
  )
}
