import { useId, type ReactNode } from 'react'
import { classNames } from './class-names.ts'

/** Two to five exclusive choices side by side, as radio buttons. */
export function Segmented<Value extends string>(props: {
  label: string
  value: Value
  choices: readonly { value: Value; label: string }[]
  onChoose: (value: Value) => void
  /** Narrow, for a range such as 24 h, 7 d, 30 d. */
  compact?: boolean
}): ReactNode {
  const name = useId()
  return (
    <div
      role="radiogroup"
      aria-label={props.label}
      className="relative inline-flex w-fit rounded-md border border-line bg-sunken p-[2px]"
    >
      {props.choices.map((choice) => (
        <label
          key={choice.value}
          className={classNames(
            props.compact ? 'px-[10px]' : 'min-w-[68px] px-3',
            'relative grid h-[var(--h-sm)] place-items-center rounded-sm border border-transparent whitespace-nowrap text-ink-2 select-none hover:text-ink has-checked:border-line-strong has-checked:bg-sheet has-checked:font-medium has-checked:text-ink has-checked:shadow-1 has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-[var(--focus)]',
          )}
        >
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={choice.value === props.value}
            onChange={() => props.onChoose(choice.value)}
            className="absolute inset-0 m-0 cursor-pointer appearance-none outline-none"
          />
          {choice.label}
        </label>
      ))}
    </div>
  )
}
