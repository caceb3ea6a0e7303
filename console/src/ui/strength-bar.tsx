import type { ReactNode } from 'react'

/** For the eye alone, how strong something is beside the strongest of its list, from 0 to 1; the order tells the rest. */
export function StrengthBar(props: { strength: number }): ReactNode {
  return (
    <span aria-hidden="true" className="h-[4px] w-[44px] shrink-0 self-center overflow-hidden rounded-full bg-line">
      <span
        className="block h-full rounded-full bg-accent"
        style={{ width: `${Math.round(props.strength * 100)}%`, minWidth: 2 }}
      />
    </span>
  )
}
