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
