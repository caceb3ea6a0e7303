import type { ReactNode } from 'react'

/** The house with six windows, one of them lit. */
export function BrandMark(): ReactNode {
  return (
    <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" className="shrink-0">
      <path className="fill-accent" d="M1 2.4A1.9 1.9 0 0 1 2.9.5h14.2A1.9 1.9 0 0 1 19 2.400V19.500H1z" />
      <path
        className="fill-sheet"
        d="M4.6 4h4v2.900h-4zM11.4 4h4v2.900h-4zM4.6 8.900h4v2.900h-4zM4.6 13.800h4v2.900h-4zM11.4 13.800h4v2.900h-4z"
      />
      <path className="fill-copper" d="M11.4 8.900h4v2.900h-4z" />
    </svg>
  )
}

/** Mark and name. */
export function Brand(): ReactNode {
  return (
    <span className="flex items-center gap-[10px] text-[16px]/[24px] font-semibold tracking-[-.015em] text-ink">
      <BrandMark />
      Tenantry
    </span>
  )
}
