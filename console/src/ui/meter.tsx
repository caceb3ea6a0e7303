import type { ReactNode } from 'react'
import { classNames } from './class-names.ts'

const nearFrom = 0.95

/** A 4 px bar of something used of something allowed: copper from 95 %, red when refused. The numbers stand beside it. */
export function Meter(props: {
  /** What is measured, for readers: “Cost, $1,421.40 of $2,000”. */
  label: string
  /** 0 to 1; more counts as full. Undefined when there is no limit: a dashed line. */
  share: number | undefined
  refused?: boolean
  /** How far something is: being nearly done is no warning. */
  plain?: boolean
  className?: string
}): ReactNode {
  const { label, share, refused = false, plain = false } = props
  if (share === undefined) {
    return (
      <div
        role="img"
        aria-label={`${label}, no limit`}
        className={classNames('border-t border-dashed border-line-strong', props.className)}
      />
    )
  }
  const percent = Math.min(100, Math.max(0, share * 100))
  const colour = refused ? 'bg-danger-solid' : share >= nearFrom && !plain ? 'bg-copper' : 'bg-accent'
  return (
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(percent)}
      className={classNames('h-[4px] overflow-hidden rounded-full bg-line', props.className)}
    >
      <div
        className={classNames('h-full rounded-full', colour)}
        style={{ width: `${percent}%`, minWidth: percent > 0 ? 2 : 0 }}
      />
    </div>
  )
}
