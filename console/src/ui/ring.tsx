import type { ReactNode } from 'react'

/** A turning ring with a gap, in the text's colour, for work that goes on; decoration only. */
export function Ring(props: { className?: string }): ReactNode {
  return (
    <svg
      viewBox="0 0 16 16"
      width="14"
      height="14"
      fill="none"
      aria-hidden="true"
      className={`turn shrink-0 ${props.className ?? ''}`}
    >
      <circle cx="8" cy="8" r="6.200" stroke="currentColor" strokeWidth="1.800" opacity=".3" />
      <path d="M8 1.800A6.200 6.200 0 0 1 14.200 8" stroke="currentColor" strokeWidth="1.800" strokeLinecap="round" />
    </svg>
  )
}
