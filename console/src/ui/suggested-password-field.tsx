import { useState, type ComponentProps, type ReactNode } from 'react'
import { Button } from './button.tsx'
import { Field, type FieldWords } from './field.tsx'
import { Icon } from './icons.tsx'

/**
 * A field for a password made for somebody else. A suggestion stands in the open, as it has to be handed over; what is
 * typed in its place is hidden until it is asked for. The value is the form's.
 */
export function SuggestedPasswordField({
  label,
  hint,
  error,
  isSuggested,
  onSuggest,
  ...input
}: FieldWords & ComponentProps<'input'> & { isSuggested: boolean; onSuggest: () => void }): ReactNode {
  const [shown, setShown] = useState(false)
  return (
    <div className="relative">
      <Field label={label} hint={hint} error={error}>
        {(wiring) => (
          <div className="relative">
            <input
              autoCapitalize="none"
              autoCorrect="off"
              autoComplete="new-password"
              spellCheck={false}
              {...input}
              {...wiring}
              type={shown || isSuggested ? 'text' : 'password'}
              className={isSuggested ? 'field-input font-mono' : 'field-input pe-10'}
            />
            {!isSuggested && (
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
            )}
          </div>
        )}
      </Field>
      <Button kind="text" size="small" className="absolute! -top-[3px] end-1 coarse:-top-[10px]" onClick={onSuggest}>
        {isSuggested ? 'Suggest another' : 'Suggest a password'}
      </Button>
    </div>
  )
}
