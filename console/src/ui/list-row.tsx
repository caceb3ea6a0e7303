import type { ReactNode } from 'react'

/** A row of a phone's list: mark, name over detail at the left, number over its course at the right. */
export function ListRow(props: {
  mark?: ReactNode
  /** The name, a link marked `data-row-link`. */
  name: ReactNode
  /** Its id, or its state when that is out of line. */
  detail: ReactNode
  number?: ReactNode
  /** A `Sparkline` or a second number. */
  below?: ReactNode
}): ReactNode {
  return (
    <div className="flex h-full items-center gap-3 px-4">
      {props.mark}
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium text-ink">{props.name}</p>
        <div className="truncate text-meta text-ink-3">{props.detail}</div>
      </div>
      {props.number !== undefined && (
        <div className="flex shrink-0 flex-col items-end">
          <p className="font-medium text-ink tabular-nums">{props.number}</p>
          <div className="text-meta text-ink-3">{props.below}</div>
        </div>
      )}
    </div>
  )
}
