import type { ReactNode } from 'react'
import { Meter } from '../../ui/meter.tsx'
import { State } from '../../ui/state.tsx'
import { describeStep, shareOf, type ToldMove } from '../../panels/move-words.ts'

/** How far a running move is: its step in words, and its bar. */
export function MoveProgress(props: { move: ToldMove }): ReactNode {
  const { move } = props
  return (
    <div className="flex flex-col gap-2">
      <span className="tabular-nums">
        <State kind="working">{describeStep(move)}</State>
      </span>
      <Meter label="The move" share={shareOf(move)} plain />
    </div>
  )
}
