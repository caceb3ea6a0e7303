import type { ReactNode } from 'react'

/** What can be done with something, one below the other, ruled. Holds `ActionRow`s. */
export function ActionList(props: { label: string; children: ReactNode }): ReactNode {
  return (
    <ul aria-label={props.label} className="border-t border-line">
      {props.children}
    </ul>
  )
}

/** One of them: what it is about, how that is now or what doing it means, and its button at the right. */
export function ActionRow(props: { name: string; words: ReactNode; action?: ReactNode }): ReactNode {
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-b border-line py-[10px] last:border-b-0 last:pb-0">
      <div className="min-w-0 flex-1 basis-[180px]">
        <p className="font-medium text-ink">{props.name}</p>
        <div className="text-meta wrap-anywhere text-ink-3">{props.words}</div>
      </div>
      {props.action !== undefined && <div className="flex shrink-0 items-center gap-2">{props.action}</div>}
    </li>
  )
}
