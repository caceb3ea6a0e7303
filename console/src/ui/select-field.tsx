import type { ComponentProps, ReactNode } from 'react'
import { Field, type FieldWords } from './field.tsx'
import { Icon } from './icons.tsx'

/** A field with one choice of a list, the browser's own: right on every device. */
export function SelectField({
  label,
  hint,
  error,
  optional,
  choices,
  ...select
}: FieldWords &
  ComponentProps<'select'> & { choices: readonly { value: string; label: string; disabled?: boolean }[] }): ReactNode {
  return (
    <Field label={label} hint={hint} error={error} optional={optional}>
      {(wiring) => (
        <div className="relative">
          <select {...select} {...wiring} className="field-input appearance-none pe-9">
            {choices.map((choice) => (
              <option key={choice.value} value={choice.value} disabled={choice.disabled}>
                {choice.label}
              </option>
            ))}
          </select>
          <Icon name="chevron-down" className="pointer-events-none absolute inset-y-0 end-3 my-auto text-ink-3" />
        </div>
      )}
    </Field>
  )
}
