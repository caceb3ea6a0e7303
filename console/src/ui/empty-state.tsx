import type { ReactNode } from 'react'
import { EmptyHouse } from './empty-house.tsx'
import { Icon } from './icons.tsx'

/** Nothing here yet: what it would be in one sentence, and one action. */
export function EmptyState(props: { title: string; children: ReactNode; action?: ReactNode }): ReactNode {
  return (
    <div className="flex flex-col items-center px-6 py-12 text-center">
      <EmptyHouse />
      <h2 className="mt-3 text-[14px]/[20px] font-semibold text-ink">{props.title}</h2>
      <p className="mt-1 max-w-[44ch] text-ink-2">{props.children}</p>
      {props.action !== undefined && <div className="mt-4">{props.action}</div>}
    </div>
  )
}

/** A search or filters that match nothing: what was searched, the nearest there is, and how to widen it. */
export function NoMatch(props: {
  /** “Nothing matches “keplar””. */
  title: string
  /** “Two filters are set as well. Did you mean …?” */
  children?: ReactNode
  actions: ReactNode
}): ReactNode {
  return (
    <div role="status" className="flex flex-col items-center px-6 py-12 text-center">
      <Icon name="search" className="size-[20px] text-ink-3" />
      <h2 className="mt-3 text-[14px]/[20px] font-semibold wrap-anywhere text-ink">{props.title}</h2>
      {props.children !== undefined && <p className="mt-1 max-w-[44ch] text-ink-2">{props.children}</p>}
      <div className="mt-4 flex flex-wrap justify-center gap-2">{props.actions}</div>
    </div>
  )
}

/** Somebody may not see this: who can let them, and a way back. */
export function NoPermission(props: { title: string; children: ReactNode; back: ReactNode }): ReactNode {
  return (
    <div className="flex gap-3 p-6 phone:p-4">
      <Icon name="lock" className="mt-[2px] size-[16px] shrink-0 text-ink-3" />
      <div className="min-w-0">
        <h2 className="text-[14px]/[20px] font-semibold text-ink">{props.title}</h2>
        <p className="max-w-[52ch] text-ink-2">{props.children}</p>
        <div className="mt-3">{props.back}</div>
      </div>
    </div>
  )
}
