import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { CopyId } from './copy-id.tsx'
import { Icon } from './icons.tsx'

/** Says what failed and what is safe, offers another try, and the request id for whoever looks into it. */
export function ErrorState(props: {
  title: string
  advice: string
  requestId?: string
  busy?: boolean
  onTryAgain: () => void
  /** `page` when it stands in place of a whole page, `panel` (the default) inside one. */
  level?: 'page' | 'panel'
}): ReactNode {
  const Heading = props.level === 'page' ? 'h1' : 'h2'
  return (
    <div role="alert" className="flex gap-3 p-6 phone:p-4">
      <Icon name="offline" className="mt-[2px] size-[18px] shrink-0 text-danger" />
      <div className="min-w-0">
        <Heading className="text-[14px]/[20px] font-semibold text-ink">{props.title}</Heading>
        <p className="max-w-[44ch] text-ink-2">{props.advice}</p>
        <div className="mt-3 flex flex-wrap items-center gap-x-4 gap-y-2">
          <Button onClick={props.onTryAgain} busy={props.busy}>
            {!props.busy && <Icon name="again" />}
            Try again
          </Button>
          {props.requestId !== undefined && <CopyId id={props.requestId} what="request id" />}
        </div>
      </div>
    </div>
  )
}
