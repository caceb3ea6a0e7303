import { useState, type ReactNode } from 'react'
import { ErrorState } from '../ui/error-state.tsx'
import { describeProblem, toProblem } from '../api/problem.ts'

/**
 * What stands in place of a panel that could not be loaded; the rest of the page stays. `what` begins the sentence:
 * “Usage” → “Usage did not load”.
 */
export function ProblemPanel(props: { what: string; thrown: unknown; onTryAgain: () => Promise<unknown> }): ReactNode {
  const [busy, setBusy] = useState(false)
  const problem = toProblem(props.thrown)
  const { title, advice } = describeProblem({ problem, attempt: 'other' })
  const tryAgain = async (): Promise<void> => {
    setBusy(true)
    try {
      await props.onTryAgain()
    } finally {
      setBusy(false)
    }
  }
  return (
    <ErrorState
      title={`${props.what} did not load`}
      advice={`${title} ${advice}`}
      requestId={problem.requestId}
      busy={busy}
      onTryAgain={() => void tryAgain()}
    />
  )
}
