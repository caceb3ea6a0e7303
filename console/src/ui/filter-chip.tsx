import type { ReactNode } from 'react'
import { Icon } from './icons.tsx'
import { Tooltip } from './tooltip.tsx'

const part = 'flex h-full items-center border-e border-line px-2'

/** A filter that is set: field, operator, value, ×. The value may open a menu or popover (give it as a button). */
export function FilterChip(props: {
  field: string
  operator: string
  value: ReactNode
  onRemove: () => void
}): ReactNode {
  const remove = `Remove filter: ${props.field}`
  return (
    <span className="inline-flex h-[var(--h-md)] max-w-full items-center rounded-md border border-line-strong bg-sheet text-meta shadow-1">
      <span className={`${part} text-ink-3`}>{props.field}</span>
      <span className={`${part} text-ink-3`}>{props.operator}</span>
      <span className={`${part} min-w-0 truncate font-semibold text-ink`}>{props.value}</span>
      <Tooltip words="Remove">
        <button
          type="button"
          aria-label={remove}
          onClick={props.onRemove}
          className="grid h-full w-[28px] place-items-center rounded-e-md text-ink-3 hover:bg-hover hover:text-ink"
        >
          <Icon name="close" className="size-[12px]" />
        </button>
      </Tooltip>
    </span>
  )
}
