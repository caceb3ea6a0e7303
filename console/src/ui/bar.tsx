import type { ReactNode } from 'react'

/** A ruled row of search, filters and choices over what they narrow. */
export function Bar(props: { children: ReactNode }): ReactNode {
  return (
    <div className="relative flex min-h-[50px] flex-wrap items-center gap-2 border-b border-line px-6 py-2 phone:px-4">
      {props.children}
    </div>
  )
}
