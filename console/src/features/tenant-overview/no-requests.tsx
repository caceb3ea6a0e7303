import type { ReactNode } from 'react'
import { describeRange, type Range } from '../../lib/ranges.ts'
import { Button } from '../../ui/button.tsx'
import { ButtonLink } from '../../ui/button-link.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import type { OverviewPages } from './overview-pages.ts'

/** A range without requests: the way to the first one, or to the older ones there are. */
export function NoRequests(props: {
  name: string
  range: Range
  /** Whether it was used before the range. */
  usedBefore: boolean
  pages: OverviewPages
  onWiden: () => void
}): ReactNode {
  const { name, range, pages } = props
  if (props.usedBefore) {
    return (
      <EmptyState
        title={`No requests in ${describeRange(range).span}`}
        action={range !== '30d' && <Button onClick={props.onWiden}>Show 30 days</Button>}
      >
        {name} was used before that. Each answer is counted here as soon as it ends.
      </EmptyState>
    )
  }
  return (
    <EmptyState
      title={`${name} was not asked anything yet`}
      action={
        (pages.prompt !== undefined || pages.connect !== undefined) && (
          <div className="flex flex-wrap justify-center gap-2">
            {pages.prompt !== undefined && <ButtonLink to={pages.prompt}>Try it</ButtonLink>}
            {pages.connect !== undefined && <ButtonLink to={pages.connect}>Connect a frontend</ButtonLink>}
          </div>
        )
      }
    >
      Its requests, their speed, tokens and cost are drawn here from the first answer on.
    </EmptyState>
  )
}
