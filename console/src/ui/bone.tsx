import { useDeferredValue, type ReactNode } from 'react'
import { usePending } from '../lib/use-pending.ts'

/** One quiet bar in the place of something that is awaited; widths and heights in pixels. */
export function Bone(props: { width: number | string; height?: number }): ReactNode {
  return <div className="bone max-w-full" style={{ width: props.width, height: props.height ?? 10 }} />
}

/**
 * The skeleton of a panel: nothing for 200 ms, then `skeleton` (made of `Bone`s in the panel's own layout) for at least
 * 300 ms. Then it shows `children`.
 */
export function Awaited(props: {
  pending: boolean
  what: string
  skeleton: ReactNode
  children: ReactNode
}): ReactNode {
  const shown = usePending(props.pending)
  const settled = !props.pending && !shown
  // What was awaited is drawn piece by piece, so that a slow phone answers to a finger meanwhile.
  const drawn = useDeferredValue(settled)
  if (settled && drawn) return props.children
  return (
    <div role="status" aria-busy="true" className={shown ? 'relative' : 'invisible relative'}>
      <span className="sr-only">Loading {props.what}</span>
      {props.skeleton}
    </div>
  )
}

/** The skeleton of a table on the sheet: a head and rows of a plate, two lines and two numbers. */
export function TableSkeleton(props: { rows?: number; plates?: boolean }): ReactNode {
  return (
    <div>
      <div className="flex h-[32px] items-center justify-between gap-8 border-b border-line px-6 phone:px-4">
        <Bone width={64} />
        <Bone width={64} />
        <Bone width={64} />
      </div>
      {Array.from({ length: props.rows ?? 8 }, (_, row) => (
        <div key={row} className="flex h-[44px] items-center gap-3 border-b border-line px-6 phone:px-4">
          {props.plates && <div className="bone size-[24px] rounded-sm!" />}
          <div className="flex flex-1 flex-col gap-[6px]">
            <Bone width={96 + ((row * 37) % 60)} height={8} />
            <Bone width={64 + ((row * 23) % 30)} height={7} />
          </div>
          <Bone width={52} />
          <Bone width={70} />
        </div>
      ))}
    </div>
  )
}
