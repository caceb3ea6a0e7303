import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

/** Somebody in a table: the name, which opens the details of this row (`open` in the address), above the address. */
export function PersonCell(props: { id: string; name: string; email: string }): ReactNode {
  const { name, email } = props
  return (
    <span className="flex min-w-0 flex-col">
      <span className="truncate">
        <PersonLink id={props.id} name={name} />
      </span>
      {name !== email && (
        <span className="truncate text-meta leading-[16px] font-normal text-ink-3" title={email}>
          {email}
        </span>
      )}
    </span>
  )
}

/** The name of somebody in a list, which opens the details of its row. */
export function PersonLink(props: { id: string; name: string }): ReactNode {
  return (
    <Link
      to="."
      search={(old: Record<string, unknown>) => ({ ...old, open: props.id })}
      resetScroll={false}
      data-row-link=""
      title={props.name}
      className="-m-[2px] rounded-xs p-[2px] leading-[16px] font-medium text-ink -outline-offset-2"
    >
      {props.name}
    </Link>
  )
}
