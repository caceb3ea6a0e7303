import { useId, type ComponentProps, type ReactNode } from 'react'
import { classNames } from './class-names.ts'

/** Something that is ticked or not, saved with the form. */
export function CheckField({
  label,
  hint,
  className,
  ...input
}: ComponentProps<'input'> & { label: ReactNode; hint?: ReactNode }): ReactNode {
  const hintId = useId()
  return (
    <label className={classNames('flex w-fit items-start gap-[10px] text-ink', className)}>
      <input
        {...input}
        type="checkbox"
        aria-describedby={hint === undefined ? undefined : hintId}
        className="mt-[2px] size-[16px] shrink-0 cursor-pointer accent-accent"
      />
      <span className="min-w-0">
        {label}
        {hint !== undefined && (
          <span id={hintId} className="block text-meta text-ink-3">
            {hint}
          </span>
        )}
      </span>
    </label>
  )
}

/** Something that is on or off and changes at once. Its words stand at the left; a `reason` makes it inert. */
export function SwitchField(props: {
  label: string
  hint?: ReactNode
  checked: boolean
  onChange: (checked: boolean) => void
  reason?: string
}): ReactNode {
  const id = useId()
  const inert = props.reason !== undefined
  return (
    <div className="flex items-start gap-4">
      <div className="min-w-0 flex-1">
        <span id={id} className="font-medium text-ink">
          {props.label}
        </span>
        <p id={`${id}-hint`} className="text-meta text-ink-3">
          {props.reason ?? props.hint}
        </p>
      </div>
      <button
        type="button"
        role="switch"
        aria-checked={props.checked}
        aria-labelledby={id}
        aria-describedby={`${id}-hint`}
        aria-disabled={inert || undefined}
        onClick={() => !inert && props.onChange(!props.checked)}
        className="relative mt-[1px] h-[20px] w-[34px] shrink-0 rounded-full border border-field bg-sheet transition-colors duration-[var(--t-fast)] before:absolute before:-inset-2 after:absolute after:inset-y-[2px] after:start-[2px] after:w-[14px] after:rounded-full after:bg-field after:transition-[translate] after:duration-[var(--t-fast)] aria-checked:border-accent aria-checked:bg-accent aria-checked:after:translate-x-[14px] aria-checked:after:bg-on-accent aria-disabled:cursor-default aria-disabled:opacity-60"
      />
    </div>
  )
}
