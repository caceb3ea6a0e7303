import { useRef, type ComponentProps, type ReactNode } from 'react'
import { flushSync } from 'react-dom'
import { Button } from './button.tsx'
import { classNames } from './class-names.ts'
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
 * A field for a secret that is never shown again: dots and its last four, when it was set, and Replace. While `replacing`
 * (or when none is stored) it is an empty field; register it as any input. `onReplacing` is called by Replace and, with
 * false, by “Keep old”: reset the field's value there. `onRemove` adds a button that asks to remove the stored one. With
 * `needed` the stored one does not do, so that keeping it is not offered.
 */
export function SecretField({
  label,
  hint,
  error,
  optional,
  stored,
  replacing,
  onReplacing,
  onRemove,
  needed = false,
  ...input
}: FieldWords &
  ComponentProps<'input'> & {
    stored: StoredSecret
    replacing: boolean
    onReplacing: (replacing: boolean) => void
    onRemove?: () => void
    needed?: boolean
  }): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const turn = (next: boolean): void => {
    // At once, so that the focus can go to what stands in place of the pressed button.
    flushSync(() => onReplacing(next))
    box.current?.querySelector<HTMLElement>('input, button')?.focus()
  }
  const kept = stored.set && !replacing && !needed
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
              <span className="flex shrink-0 items-center">
                <Button
                  {...wiring}
                  kind="ghost"
                  size="small"
                  aria-label={`Replace ${label}`}
                  onClick={() => turn(true)}
                >
                  Replace
                </Button>
                {onRemove && (
                  <Button kind="ghost" size="small" aria-label={`Remove ${label}…`} onClick={onRemove}>
                    Remove…
                  </Button>
                )}
              </span>
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
                className={classNames('field-input font-mono', stored.set && !needed && 'pe-[72px]')}
              />
              {stored.set && !needed && (
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
