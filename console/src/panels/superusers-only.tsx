import type { ReactNode } from 'react'
import { toProblem } from '../api/problem.ts'
import { ButtonLink } from '../ui/button-link.tsx'
import { NoPermission } from '../ui/empty-state.tsx'
import { PageHeader } from '../ui/page-header.tsx'

/** A page of the platform, to somebody who may not see it: who can help, and the way back. */
export function SuperusersOnly(props: {
  title: string
  /** Begins “… for superusers”: “Prices are”. */
  what: string
}): ReactNode {
  return (
    <>
      <PageHeader title={props.title} />
      <NoPermission title={`${props.what} for superusers`} back={<ButtonLink to="/">Go home</ButtonLink>}>
        A superuser can look something up for you, or make you one.
      </NoPermission>
    </>
  )
}

/** Whether the server keeps what a page shows from whoever is signed in. */
export function isForbidden(query: { data: unknown; error: unknown }): boolean {
  return query.data === undefined && query.error !== null && toProblem(query.error).status === 403
}
