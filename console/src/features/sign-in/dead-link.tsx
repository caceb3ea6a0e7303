import type { ReactNode } from 'react'
import { Notice } from '../../ui/notice.tsx'
import { Entrance } from './entrance.tsx'

/** A link that is used, expired or not complete, or a page for links that was opened without one; and what helps. */
export function DeadLink(props: {
  /** How long such links work: “24 hours”. */
  worksFor: string
  /** There was no token at all. */
  isMissing: boolean
  children: ReactNode
}): ReactNode {
  return (
    <Entrance
      title={props.isMissing ? 'This page needs its link' : 'This link no longer works'}
      lead={
        props.isMissing
          ? 'Open the link in the mail, or paste all of it into the address bar.'
          : `It was used already, is older than ${props.worksFor}, or was not copied whole.`
      }
    >
      <div className="mt-5 flex flex-col items-start gap-4">{props.children}</div>
    </Entrance>
  )
}

/** What a link is about is switched off. */
export function TenantOff(props: { title: string }): ReactNode {
  return (
    <Entrance title={props.title} lead="The link is fine, and nothing was changed.">
      <div className="mt-5">
        <Notice tone="warn" icon="attention" title="This organization is switched off.">
          Ask the people who run it. Once it is on again, open the link again, as long as it works.
        </Notice>
      </div>
    </Entrance>
  )
}
