import type { ReactNode } from 'react'
import { formatFullTime } from '../lib/format.ts'
import { formatWhen } from '../lib/times.ts'
import { useNow } from '../lib/use-now.ts'

/** When something was: “14 min”, “3 Nov”, “never”; the full UTC time on hover. Renews itself. */
export function When(props: { time: string | null }): ReactNode {
  const now = useNow()
  if (props.time === null) return 'never'
  return (
    <time dateTime={props.time} title={formatFullTime(props.time)}>
      {formatWhen({ time: props.time, now })}
    </time>
  )
}
