import { useBlocker } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { paths } from '../../lib/paths.ts'
import { connectionNouns } from '../../panels/connection-steps.ts'
import type { Connection } from '../../panels/use-connection.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'

/** Asks before a page is left whose settings were typed but not saved: a typed key is kept nowhere else. */
export function LeaveGuard(props: { connections: readonly Connection[] }): ReactNode {
  const dirty = props.connections.filter(({ isDirty }) => isDirty)
  const hasKey = dirty.some(({ key, fields }) => fields[key.name] !== '')
  const blocker = useBlocker({
    // A session that has ended cannot save any more.
    shouldBlockFn: ({ current, next }) =>
      dirty.length > 0 && current.pathname !== next.pathname && !next.pathname.endsWith(paths.signIn),
    enableBeforeUnload: dirty.length > 0,
    withResolver: true,
  })
  const names = dirty.map(({ kind }) => connectionNouns[kind]).join(' and ')
  return (
    <ConfirmDialog
      open={blocker.status === 'blocked'}
      onClose={() => blocker.reset?.()}
      title={`Leave without saving ${names}?`}
      description={`What you typed is not saved${hasKey ? ', a key among it: it is kept nowhere' : ''}. Leaving gives it up.`}
      keep="Stay here"
      verb="Discard and leave"
      danger={false}
      onConfirm={async () => blocker.proceed?.()}
      describeFailure={() => ({ title: 'The page could not be left.', advice: 'Try again.' })}
    />
  )
}
