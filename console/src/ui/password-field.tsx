import { useState, type ComponentProps, type ReactNode } from 'react'
import { Field, type FieldWords } from './field.tsx'
import { Icon } from './icons.tsx'

/** A field for a password being typed, with a button that shows it. Never holds a stored one. */
export function PasswordField({ label, hint, error, ...input }: FieldWords & ComponentProps<'input'>): ReactNode {
  const [shown, setShown] = useState(false)
  return (
    <Field label={label} hint={hint} error={error}>
      {(wiring) => (
        <div className="relative">
          <input
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
            {...input}
            {...wiring}
            type={shown ? 'text' : 'password'}
            className="field-input pe-10"
          />
          <button
            type="button"
            aria-pressed={shown}
            aria-label={`Show ${label.toLowerCase()}`}
            title={shown ? 'Hide' : 'Show'}
            onClick={() => setShown(!shown)}
            className="absolute inset-y-0 end-0 my-auto me-1 grid size-[30px] place-items-center rounded-sm text-ink-3 hover:text-ink"
          >
            <Icon name={shown ? 'eye-off' : 'eye'} />
          </button>
        </div>
      )}
    </Field>
  )
}
