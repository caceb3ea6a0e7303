import type { ReactNode } from 'react'
import { CopyButton } from './copy-button.tsx'

/** Code to take along: its language or file name above, a copy button, and the code, which scrolls sideways. */
export function CodeBlock(props: { title: string; code: string }): ReactNode {
  return (
    <figure className="relative min-w-0 overflow-hidden rounded-md border border-line bg-sunken">
      <figcaption className="flex h-[36px] items-center justify-between border-b border-line ps-3 pe-1 text-meta text-ink-3">
        {props.title}
        <CopyButton text={props.code} what={`${props.title} code`} size="small" />
      </figcaption>
      <pre
        tabIndex={0}
        aria-label={props.title}
        className="overflow-x-auto p-3 font-mono text-[12px]/[20px] text-ink -outline-offset-2"
      >
        <code>{props.code}</code>
      </pre>
    </figure>
  )
}
