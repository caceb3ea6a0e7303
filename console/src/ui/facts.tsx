import type { ReactNode } from 'react'

/** Facts one below the other, in rows of 32 px; the first stands level with the head of a `DescribedSection`. */
export function Facts(props: { children: ReactNode }): ReactNode {
  return <div className="desk:-mt-[6px]">{props.children}</div>
}

/** One fact: its name, and what it is, with anything to say of it beside. */
export function Fact(props: { name: string; children: ReactNode }): ReactNode {
  return (
    <dl className="grid grid-cols-[112px_minmax(0,1fr)] gap-x-4">
      <dt className="py-[6px] text-ink-3">{props.name}</dt>
      <dd className="flex min-h-[32px] min-w-0 flex-wrap content-center items-center gap-x-3 py-[4px] wrap-anywhere text-ink tabular-nums">
        {props.children}
      </dd>
    </dl>
  )
}
