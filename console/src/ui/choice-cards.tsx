import { useId, type ReactNode } from 'react'

/** Two to four exclusive choices that need a line of explanation each, side by side in one ruled frame. */
export function ChoiceCards<Value extends string>(props: {
  label: string
  value: Value | undefined
  choices: readonly { value: Value; label: string; note: string }[]
  onChoose: (value: Value) => void
  hint?: ReactNode
}): ReactNode {
  const name = useId()
  return (
    <fieldset className="relative flex flex-col gap-[6px]">
      <legend className="mb-[6px] font-medium text-ink">{props.label}</legend>
      <div className="flex overflow-hidden rounded-md border border-field phone:flex-col">
        {props.choices.map((choice) => (
          <label
            key={choice.value}
            className="relative flex flex-1 cursor-pointer gap-[10px] border-line-strong px-3 py-[10px] not-last:border-e hover:bg-hover has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-[var(--focus)] phone:not-last:border-e-0 phone:not-last:border-b"
          >
            <input
              type="radio"
              name={name}
              value={choice.value}
              checked={choice.value === props.value}
              onChange={() => props.onChoose(choice.value)}
              className="mt-[3px] size-[14px] shrink-0 accent-accent outline-none"
            />
            <span className="min-w-0">
              <span className="block font-medium text-ink">{choice.label}</span>
              <span className="block text-meta text-ink-3">{choice.note}</span>
            </span>
          </label>
        ))}
      </div>
      {props.hint !== undefined && <p className="min-h-[16px] text-meta text-ink-3">{props.hint}</p>}
    </fieldset>
  )
}
