import { useId, type ComponentProps, type ReactNode } from 'react'
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

/** Label, control, and hint or error at one place below. The control is drawn by `children`. */
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
      {hasBelow && (
        <p
          id={below}
          className={props.error === undefined ? 'text-meta text-ink-3' : 'flex gap-[6px] text-meta text-danger'}
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
      )}
    </div>
  )
}

/** A field of one line of text. */
export function TextField({ label, hint, error, optional, ...input }: FieldWords & ComponentProps<'input'>): ReactNode {
  return (
    <Field label={label} hint={hint} error={error} optional={optional}>
      {(wiring) => <input type="text" {...input} {...wiring} className="field-input" />}
    </Field>
  )
}
