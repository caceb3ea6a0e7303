import type { ReactNode } from 'react'
import type { User } from '../../api/client.ts'
import { findInitials } from '../../lib/format.ts'

/** Initials on a verdigris disc; decoration beside a name. */
export function Avatar(props: { user: User }): ReactNode {
  return (
    <span
      aria-hidden="true"
      className="grid size-[26px] shrink-0 place-items-center rounded-full bg-accent text-[10px]/[1] font-semibold tracking-[.01em] text-on-accent"
    >
      {findInitials({ name: props.user.full_name, email: props.user.email })}
    </span>
  )
}
