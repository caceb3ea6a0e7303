import { useId, type ReactNode } from 'react'
import { classNames } from './class-names.ts'

/**
 * Exclusive choices that need a line of explanation each, in one ruled frame: two to four side by side, more of them
 * `stacked`, the explanations in a column of their own.
 */
export function ChoiceCards<Value extends string>(props: {
  label: string
  value: Value | undefined
  choices: readonly { value: Value; label: string; note: string }[]
  onChoose: (value: Value) => void
  hint?: ReactNode
  stacked?: boolean
  /** One below the other, the explanation under its choice: for a narrow place. */
  column?: boolean
}): ReactNode {
  const name = useId()
  return (
    <fieldset className="relative flex flex-col gap-[6px]">
      <legend className="mb-[6px] font-medium text-ink">{props.label}</legend>
      <div
        className={classNames(
          'flex overflow-hidden rounded-md border border-field',
          props.stacked || props.column ? 'flex-col' : 'phone:flex-col',
        )}
      >
        {props.choices.map((choice) => (
          <label
            key={choice.value}
            className={classNames(
              'relative flex flex-1 cursor-pointer gap-[10px] border-line-strong px-3 hover:bg-hover has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-[var(--focus)]',
              props.stacked || props.column
                ? 'py-[7px] not-last:border-b'
                : 'py-[10px] not-last:border-e phone:not-last:border-e-0 phone:not-last:border-b',
            )}
          >
            <input
              type="radio"
              name={name}
              value={choice.value}
              checked={choice.value === props.value}
              onChange={() => props.onChoose(choice.value)}
              className="mt-[3px] size-[14px] shrink-0 accent-accent outline-none"
            />
            <span
              className={classNames(
                'min-w-0',
                props.stacked && 'grid flex-1 grid-cols-[132px_1fr] items-baseline gap-x-3 phone:grid-cols-1',
              )}
            >
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
