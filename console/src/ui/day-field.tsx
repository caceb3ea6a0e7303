import { useState, type ReactNode } from 'react'
import { isDay } from '../lib/view-state.ts'
import { classNames } from './class-names.ts'

/** A UTC day (`2026-11-01`, '' for none) in the browser's own field; what is half typed changes nothing yet. */
export function DayField(props: {
  label: string
  value: string
  /** The last day that can be chosen. */
  max: string
  /** Whether the field may be emptied: then `onChoose` gets ''. */
  optional?: boolean
  onChoose: (day: string) => void
  className?: string
}): ReactNode {
  const [typed, setTyped] = useState<string>()
  return (
    <input
      type="date"
      aria-label={props.label}
      value={typed ?? props.value}
      max={props.max}
      required={!props.optional}
      onChange={({ target }) => {
        setTyped(target.value)
        // A field that holds half a day has no value either, and says so.
        const isEmptied = target.value === '' && !target.validity.badInput
        if (isEmptied && props.optional) props.onChoose('')
        if (isDay(target.value) && target.value <= props.max) props.onChoose(target.value)
      }}
      onBlur={() => setTyped(undefined)}
      className={classNames('field-input h-[var(--h-md)]! px-2! tabular-nums', props.className)}
    />
  )
}
