import type { ReactNode } from 'react'
import { formatPlural, formatShare } from '../../lib/numbers.ts'
import { Button } from '../../ui/button.tsx'
import { Meter } from '../../ui/meter.tsx'
import { Section } from '../../ui/section.tsx'
import { State } from '../../ui/state.tsx'
import type { Upload } from './use-uploads.ts'

/** What is on its way, and what was not taken and why; nothing while there is neither. */
export function UploadsList(props: { uploads: readonly Upload[]; onDismiss: () => void }): ReactNode {
  const { uploads } = props
  if (uploads.length === 0) return null
  const refused = uploads.filter(({ refusal }) => refusal !== undefined)
  const sending = uploads.length - refused.length
  return (
    <Section
      title={
        sending > 0 ? `Sending ${formatPlural(sending, 'file')}` : `${formatPlural(refused.length, 'file')} not taken`
      }
      actions={refused.length > 0 && <Button onClick={props.onDismiss}>Clear list</Button>}
    >
      <ul aria-live="polite" className="flex flex-col gap-2">
        {uploads.map((upload) => (
          <li key={upload.id} className="flex flex-wrap items-center gap-x-4 gap-y-1">
            <span className="min-w-0 flex-1 basis-[200px] font-medium wrap-anywhere text-ink">{upload.name}</span>
            {upload.refusal ? (
              <span className="basis-[320px] phone:basis-full">
                <State kind="failed">{upload.refusal.title}</State>
                <span className="block text-meta text-ink-3">{upload.refusal.advice}</span>
              </span>
            ) : (
              <span className="flex w-[220px] items-center gap-3 text-meta text-ink-3 tabular-nums phone:w-full">
                <Meter label={`${upload.name} sent`} share={upload.share} plain className="flex-1" />
                {upload.share < 1 ? formatShare(upload.share) : 'Storing'}
              </span>
            )}
          </li>
        ))}
      </ul>
    </Section>
  )
}
