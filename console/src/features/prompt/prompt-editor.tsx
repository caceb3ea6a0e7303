import type { ReactNode } from 'react'
import { classNames } from '../../ui/class-names.ts'

/** Where a prompt is written: 14/22, as tall as its text and at least the column. */
export function PromptEditor(props: {
  text: string
  /** A version that is not live is only read. */
  readOnly: boolean
  name: string
  invalid: boolean
  onWrite: (text: string) => void
}): ReactNode {
  return (
    <textarea
      aria-label={props.name}
      aria-invalid={props.invalid || undefined}
      readOnly={props.readOnly}
      value={props.text}
      onChange={(event) => props.onWrite(event.target.value)}
      placeholder="What the bot is, whom it answers, how, and what it must not do. Left empty, the platform’s default answers."
      className={classNames(
        'field-sizing-content min-h-[320px] w-full flex-1 resize-none bg-transparent px-6 py-4 text-prose wrap-anywhere text-ink placeholder:text-ink-3 phone:px-4 phone:text-[16px]/[24px]',
        '-outline-offset-2 focus:outline-none focus-visible:shadow-[inset_2px_0_0_var(--focus)]',
      )}
    />
  )
}
