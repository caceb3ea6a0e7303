import type { ReactNode } from 'react'
import { Notice } from './notice.tsx'

/** Where a form says that its submit failed: announced when it appears, empty otherwise. */
export function ProblemNotice(props: {
  words: { title: string; advice: string } | undefined
  waiting?: boolean
  className?: string
}): ReactNode {
  return (
    <div role="alert" className="contents">
      {props.words && (
        <div className={props.className}>
          <Notice
            tone={props.waiting ? 'warn' : 'danger'}
            icon={props.waiting ? 'wait' : 'failure'}
            title={props.words.title}
          >
            {props.words.advice}
          </Notice>
        </div>
      )}
    </div>
  )
}
