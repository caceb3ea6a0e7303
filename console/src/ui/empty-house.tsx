import type { ReactNode } from 'react'

/** A house with one lit window between two that are not there. Decoration only. */
export function EmptyHouse(): ReactNode {
  return (
    <svg viewBox="0 0 96 54" width="96" height="54" fill="none" aria-hidden="true">
      <path className="stroke-line-strong" strokeDasharray="2.5 2.5" d="M10 52V19.5h20V52M66 52V13.5h20V52" />
      <path className="fill-sunken stroke-line-strong" d="M34 52V3.500a2 2 0 0 1 2-2h24a2 2 0 0 1 2 2V52" />
      <path className="stroke-line-strong" d="M1 52.500h94" />
      <path className="fill-line-strong" d="M40 9h5v7h-5zM40 21h5v7h-5zM51 21h5v7h-5zM40 33h5v7h-5zM51 33h5v7h-5z" />
      <path className="fill-copper" d="M51 9h5v7h-5z" />
    </svg>
  )
}
