import type { ComponentProps, ReactNode } from 'react'
import { Field, type FieldWords } from './field.tsx'

/** A field of several lines that grows with what is written. */
export function TextAreaField({
  label,
  hint,
  error,
  optional,
  rows = 4,
  ...input
}: FieldWords & ComponentProps<'textarea'>): ReactNode {
  return (
    <Field label={label} hint={hint} error={error} optional={optional}>
      {(wiring) => (
        <textarea
          rows={rows}
          {...input}
          {...wiring}
          className="field-input field-sizing-content h-auto! min-h-[calc(var(--h-lg)*2)] py-2 text-prose"
        />
      )}
    </Field>
  )
}
