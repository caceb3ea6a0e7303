import type { ReactNode } from 'react'

const look =
  'relative mx-[2px] inline-grid h-[16px] min-w-[16px] place-items-center rounded-sm bg-accent-soft px-1 align-[1px] text-micro font-semibold text-accent-text tabular-nums'

/** The number of a source: inside an answer a button that opens it, beside the source (without `onSource`) a mark. */
export function CitationButton(props: { n: number; onSource?: (n: number) => void }): ReactNode {
  const { n, onSource } = props
  if (!onSource) return <span className={look}>{n}</span>
  return (
    <button
      type="button"
      aria-label={`Open source ${n}`}
      onClick={() => onSource(n)}
      className={`${look} before:absolute before:-inset-1 hover:bg-accent-line`}
    >
      {n}
    </button>
  )
}
