import { useId, type ComponentProps, type ReactNode } from 'react'
import { classNames } from './class-names.ts'
import { Icon } from './icons.tsx'

/** What every field has: words above, and one line below that is its hint until there is an error. */
export interface FieldWords {
  label: string
  hint?: ReactNode
  error?: string
  optional?: boolean
}

/** The wiring a control needs to be described by its field. */
export interface ControlWiring {
  id: string
  'aria-describedby': string | undefined
  'aria-invalid': boolean | undefined
}

/**
 * Label, control, and hint or error at one place below. The control is drawn by `children`. The line below is kept free:
 * an error that appears on leaving a field must not move the button that is being pressed.
 */
export function Field(props: FieldWords & { children: (wiring: ControlWiring) => ReactNode }): ReactNode {
  const id = useId()
  const below = `${id}-below`
  const hasBelow = props.error !== undefined || props.hint !== undefined
  return (
    <div className="flex flex-col gap-[6px]">
      <label htmlFor={id} className="flex w-fit items-baseline gap-2 font-medium text-ink">
        {props.label}
        {props.optional && <span className="text-meta font-normal text-ink-3">Optional</span>}
      </label>
      {props.children({
        id,
        'aria-describedby': hasBelow ? below : undefined,
        'aria-invalid': props.error === undefined ? undefined : true,
      })}
      <p
        id={below}
        className={classNames(
          'min-h-[16px] text-meta',
          props.error === undefined ? 'text-ink-3' : 'flex gap-[6px] text-danger',
        )}
      >
        {props.error === undefined ? (
          props.hint
        ) : (
          <>
            <Icon name="failure" className="mt-px size-[14px] shrink-0" />
            {props.error}
          </>
        )}
      </p>
    </div>
  )
}

/** A field of one line of text; `mono` for ids, addresses and other code. */
export function TextField({
  label,
  hint,
  error,
  optional,
  mono = false,
  ...input
}: FieldWords & ComponentProps<'input'> & { mono?: boolean }): ReactNode {
  return (
    <Field label={label} hint={hint} error={error} optional={optional}>
      {(wiring) => (
        <input type="text" {...input} {...wiring} className={mono ? 'field-input font-mono' : 'field-input'} />
      )}
    </Field>
  )
}
