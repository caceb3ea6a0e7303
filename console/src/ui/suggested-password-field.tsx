import { useState, type ComponentProps, type ReactNode } from 'react'
import { Button } from './button.tsx'
import { Field, type FieldWords } from './field.tsx'
import { ShowButton } from './password-field.tsx'

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
            {!isSuggested && <ShowButton label={label} shown={shown} onTurn={() => setShown(!shown)} />}
          </div>
        )}
      </Field>
      <Button kind="text" size="small" className="absolute! -top-[3px] end-1 coarse:-top-[10px]" onClick={onSuggest}>
        {isSuggested ? 'Suggest another' : 'Suggest a password'}
      </Button>
    </div>
  )
}
