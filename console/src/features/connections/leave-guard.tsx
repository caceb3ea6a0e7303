import { useBlocker } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { paths } from '../../lib/paths.ts'
import type { Connection } from '../../panels/use-connection.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'

const called = { model: 'the model', pinecone: 'Pinecone' } as const

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
  const names = dirty.map(({ kind }) => called[kind]).join(' and ')
  return (
    <ConfirmDialog
      open={blocker.status === 'blocked'}
      onClose={() => blocker.reset?.()}
      title={`Leave without saving ${names}?`}
      description={
        hasKey
          ? 'What you typed is given up, the key among it: it is kept nowhere else.'
          : 'What you typed is given up.'
      }
      keep="Stay here"
      verb="Discard and leave"
      danger={false}
      onConfirm={async () => blocker.proceed?.()}
      describeFailure={() => ({ title: 'The page could not be left.', advice: 'Try again.' })}
    />
  )
}
