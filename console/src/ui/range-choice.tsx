import type { ReactNode } from 'react'
import { describeRange, ranges, type Range } from '../lib/ranges.ts'
import { useIsPhone } from '../lib/use-media.ts'
import { ChoiceMenu } from './choice-menu.tsx'
import { Segmented } from './segmented.tsx'

const choices = ranges.map((value) => ({ value, label: describeRange(value).short }))

/** How far back a page looks: side by side, on a phone a menu. */
export function RangeChoice(props: { value: Range; onChoose: (range: Range) => void }): ReactNode {
  const isPhone = useIsPhone()
  return isPhone ? (
    <ChoiceMenu label="Range" choices={choices} {...props} />
  ) : (
    <Segmented label="Range" compact choices={choices} {...props} />
  )
}
