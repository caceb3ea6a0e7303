import { useId, type ReactNode } from 'react'

/** Two to five exclusive choices side by side, as radio buttons. */
export function Segmented<Value extends string>(props: {
  label: string
  value: Value
  choices: readonly { value: Value; label: string }[]
  onChoose: (value: Value) => void
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
          className="relative grid h-[var(--h-sm)] min-w-[68px] place-items-center rounded-sm border border-transparent px-3 text-ink-2 select-none hover:text-ink has-checked:border-line-strong has-checked:bg-sheet has-checked:font-medium has-checked:text-ink has-checked:shadow-1 has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-[var(--focus)]"
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
