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
          <ShowButton label={label} shown={shown} onTurn={() => setShown(!shown)} />
        </div>
      )}
    </Field>
  )
}

/** Shows and hides what a password field holds; stands within its box. */
export function ShowButton(props: { label: string; shown: boolean; onTurn: () => void }): ReactNode {
  return (
    <button
      type="button"
      aria-pressed={props.shown}
      aria-label={`Show ${props.label.toLowerCase()}`}
      title={props.shown ? 'Hide' : 'Show'}
      onClick={props.onTurn}
      className="absolute inset-y-0 end-0 my-auto me-1 grid size-[30px] place-items-center rounded-sm text-ink-3 hover:text-ink"
    >
      <Icon name={props.shown ? 'eye-off' : 'eye'} />
    </button>
  )
}
