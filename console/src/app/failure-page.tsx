import { useRouter, type ErrorComponentProps } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { ApiProblem, describeProblem } from '../api/problem.ts'
import { ErrorState } from '../ui/error-state.tsx'
import { PlainPage } from './plain-page.tsx'

/** What stands in place of a page that could not be shown. */
export function FailurePage(props: ErrorComponentProps): ReactNode {
  const router = useRouter()
  const [busy, setBusy] = useState(false)
  const problem = props.error instanceof ApiProblem ? props.error : undefined
  const words = problem
    ? describeProblem({ problem, attempt: 'other' })
    : {
        title: 'This page could not be shown.',
        advice: 'Nothing was changed on the server. Try again, or reload the page.',
      }

  const tryAgain = async (): Promise<void> => {
    setBusy(true)
    try {
      await router.invalidate()
      props.reset()
    } finally {
      setBusy(false)
    }
  }
  return (
    <PlainPage title={words.title}>
      <ErrorState
        {...words}
        level="page"
        requestId={problem?.requestId}
        busy={busy}
        onTryAgain={() => void tryAgain()}
      />
    </PlainPage>
  )
}
