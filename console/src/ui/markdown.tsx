import { lazy, Suspense, type ReactNode } from 'react'

const MarkdownView = lazy(async () => ({ default: (await import('./markdown-view.tsx')).MarkdownView }))

/** What a model wrote. */
export interface MarkdownProps {
  text: string
  /** While true, unfinished marks are closed and a copper caret stands at the end. */
  streaming?: boolean
  /** The numbers of sources there are; `[n]` of one of them becomes a button. */
  sources?: readonly number[]
  onSource?: (n: number) => void
}

/**
 * Shows a model's Markdown. Nothing in it runs and nothing is fetched: HTML is shown as the text it is, pictures become
 * their words and links lead only to http, https and mail addresses. Until its code is here, the bare text is shown.
 */
export function Markdown(props: MarkdownProps): ReactNode {
  return (
    <div className="text-prose wrap-anywhere text-ink">
      <Suspense fallback={<p className="whitespace-pre-wrap">{props.text}</p>}>
        <MarkdownView {...props} />
      </Suspense>
    </div>
  )
}
