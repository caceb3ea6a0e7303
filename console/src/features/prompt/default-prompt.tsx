import type { ReactNode } from 'react'
import { Button } from '../../ui/button.tsx'

/** A tenant without a prompt of its own: what answers then, and two ways to begin one. */
export function DefaultPrompt(props: { text: string; onStart: (text: string) => void }): ReactNode {
  return (
    <div className="flex max-w-[64ch] flex-col gap-4 px-6 py-5 phone:px-4">
      <div>
        <h2 className="text-[14px]/[20px] font-semibold text-ink">There is no prompt of its own yet</h2>
        <p className="text-ink-2">The platform’s default answers for it:</p>
      </div>
      <blockquote className="border-s-2 border-line-strong ps-4 text-prose whitespace-pre-wrap wrap-anywhere text-ink">
        {props.text}
      </blockquote>
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => props.onStart(props.text)}>Start from the default</Button>
        <Button kind="ghost" onClick={() => props.onStart('')}>
          Write from scratch
        </Button>
      </div>
    </div>
  )
}
