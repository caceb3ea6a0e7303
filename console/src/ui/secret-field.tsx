import { useRef, useState, type ComponentProps, type ReactNode } from 'react'
import { flushSync } from 'react-dom'
import { Button } from './button.tsx'
import { Field, type FieldWords } from './field.tsx'
import { Icon } from './icons.tsx'
import { When } from './time.tsx'

/** A secret as the server tells it. */
export interface StoredSecret {
  set: boolean
  last4: string | null
  updated_at: string | null
}

/**
 * A field for a secret that is never shown again: dots and its last four, when it was set, and Replace. Replace (or
 * none stored) gives an empty field; register it as any input. `onKeep` is called when replacing is given up: reset the
 * field's value there. Show the stored state anew after a save by changing `stored.updated_at`.
 */
export function SecretField({
  label,
  hint,
  error,
  optional,
  stored,
  onKeep,
  ...input
}: FieldWords & ComponentProps<'input'> & { stored: StoredSecret; onKeep?: () => void }): ReactNode {
  const [replacing, setReplacing] = useState(false)
  const [seen, setSeen] = useState(stored.updated_at)
  const box = useRef<HTMLDivElement>(null)
  if (seen !== stored.updated_at) {
    setSeen(stored.updated_at)
    setReplacing(false)
  }
  const turn = (next: boolean): void => {
    // At once, so that the focus can go to what stands in place of the pressed button.
    flushSync(() => setReplacing(next))
    box.current?.querySelector<HTMLElement>('input, button')?.focus()
    if (!next) onKeep?.()
  }
  const kept = stored.set && !replacing
  return (
    <Field label={label} hint={hint} error={error} optional={optional}>
      {(wiring) => (
        <div ref={box} className="relative">
          {kept ? (
            <div className="field-input flex items-center gap-3 bg-sunken! pe-1!">
              <Icon name="lock" className="shrink-0 text-ink-3" />
              <span className="flex min-w-0 items-center gap-2 font-mono text-meta whitespace-nowrap text-ink">
                <span aria-hidden="true" className="min-w-0 overflow-hidden tracking-[.2em] text-ink-2">
                  ············
                </span>
                <span className="sr-only">Set, ends in </span>
                {stored.last4}
              </span>
              <span className="ms-auto shrink-0 text-meta whitespace-nowrap text-ink-3">
                set <When time={stored.updated_at} />
              </span>
              <Button {...wiring} kind="ghost" size="small" aria-label={`Replace ${label}`} onClick={() => turn(true)}>
                Replace
              </Button>
            </div>
          ) : (
            <>
              <input
                {...input}
                {...wiring}
                type="password"
                autoComplete="off"
                autoCapitalize="none"
                spellCheck={false}
                data-1p-ignore=""
                data-lpignore="true"
                className={stored.set ? 'field-input pe-[72px] font-mono' : 'field-input font-mono'}
              />
              {stored.set && (
                <Button
                  kind="ghost"
                  size="small"
                  className="absolute! inset-y-0 end-1 my-auto"
                  onClick={() => turn(false)}
                >
                  Keep old
                </Button>
              )}
            </>
          )}
        </div>
      )}
    </Field>
  )
}
