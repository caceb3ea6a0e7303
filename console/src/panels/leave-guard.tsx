import { useBlocker } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { paths } from '../lib/paths.ts'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'

/** Asks before a page is left whose settings were changed but not saved. */
export function LeaveGuard(props: {
  dirty: boolean
  /** “Leave without saving the model?” */
  title: string
  description?: string
}): ReactNode {
  const { dirty } = props
  const blocker = useBlocker({
    // A session that has ended cannot save any more.
    shouldBlockFn: ({ current, next }) =>
      dirty && current.pathname !== next.pathname && !next.pathname.endsWith(paths.signIn),
    enableBeforeUnload: dirty,
    withResolver: true,
  })
  return (
    <ConfirmDialog
      open={blocker.status === 'blocked'}
      onClose={() => blocker.reset?.()}
      title={props.title}
      description={props.description ?? 'What you typed is given up.'}
      keep="Stay here"
      verb="Discard and leave"
      danger={false}
      onConfirm={async () => blocker.proceed?.()}
      describeFailure={() => ({ title: 'The page could not be left.', advice: 'Try again.' })}
    />
  )
}
