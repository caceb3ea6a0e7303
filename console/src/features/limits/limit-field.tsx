import { useId, type ComponentProps, type ReactNode } from 'react'
import { classNames } from '../../ui/class-names.ts'

/**
 * A small field for an amount in a row of limits; what the row is about is told to readers alone, and on a desk the
 * label stands at the head of its column.
 */
export function LimitField({
  label,
  description,
  money = false,
  hint,
  error,
  ...input
}: {
  label: string
  /** What the amount is of: “Tokens a month, each user”. */
  description: string
  money?: boolean
  hint?: string
  error?: string
} & ComponentProps<'input'>): ReactNode {
  const id = useId()
  const below = error ?? hint
  return (
    <div className="relative flex flex-col gap-1">
      <label htmlFor={id} className="text-meta text-ink-3 desk:sr-only">
        {label}
        <span className="sr-only">, {description}</span>
      </label>
      <div className="relative">
        {money && (
          <span aria-hidden="true" className="absolute inset-y-0 start-3 flex items-center text-ink-3">
            $
          </span>
        )}
        <input
          {...input}
          id={id}
          type="text"
          inputMode={money ? 'decimal' : 'numeric'}
          autoComplete="off"
          aria-describedby={below === undefined ? undefined : `${id}-below`}
          aria-invalid={error === undefined ? undefined : true}
          className={classNames('field-input scroll-my-[140px] tabular-nums', money && 'ps-[22px]')}
        />
      </div>
      {below !== undefined && (
        <p id={`${id}-below`} className={classNames('text-meta', error === undefined ? 'text-ink-3' : 'text-danger')}>
          {below}
        </p>
      )}
    </div>
  )
}
