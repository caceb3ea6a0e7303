import { Link } from '@tanstack/react-router'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { toProblem } from '../../api/problem.ts'
import { formatBytes } from '../../lib/numbers.ts'
import { saveFile } from '../../lib/save-file.ts'
import { Button } from '../../ui/button.tsx'
import { DescribedSection } from '../../ui/described-section.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Meter } from '../../ui/meter.tsx'
import { useToasts } from '../../ui/toasts.ts'
import { describeFailedExport } from './archive-words.ts'
import { fetchArchive, type ArchiveProgress } from './fetch-archive.ts'

/** Everything of a tenant as one file: what is in it, what is not, and the way to have it. */
export function ExportSection(props: { tenant: { id: string; name: string } }): ReactNode {
  const { busy, progress, failure, begin, stop } = useExport(props.tenant)
  return (
    <DescribedSection wide title="Export" lead="Everything of this tenant as one file, to keep or to import elsewhere.">
      <div className="flex max-w-[60ch] flex-col gap-2 text-ink-2">
        <p>In it: settings, users, conversations, documents, prompts and usage, as of one moment.</p>
        <p>
          Not in it: keys and passwords. After an{' '}
          <Link to="/tenants" search={{ import: true }} className="link">
            import
          </Link>{' '}
          keys are entered again, and its users set a new password.
        </p>
      </div>
      <div className="mt-3 flex flex-wrap items-center gap-x-3 gap-y-2">
        <Button busy={busy} onClick={begin}>
          {!busy && <Icon name="download" className="shrink-0 text-ink-3" />}
          Export tenant
        </Button>
        {busy && (
          <>
            <div className="w-[160px]">
              <Meter label="The export" share={shareOf(progress)} plain />
            </div>
            <span className="text-ink-2 tabular-nums">{describeProgress(progress)}</span>
            <Button kind="text" size="small" onClick={stop}>
              Stop export
            </Button>
          </>
        )}
      </div>
      <p role="alert" className="mt-2 text-meta text-danger empty:hidden">
        {failure}
      </p>
    </DescribedSection>
  )
}

function useExport(tenant: { id: string; name: string }) {
  const api = useApi()
  const toasts = useToasts()
  const [progress, setProgress] = useState<ArchiveProgress>()
  const [failure, setFailure] = useState<string>()
  const running = useRef<AbortController>(undefined)
  useEffect(() => () => running.current?.abort(), [])
  const begin = async (): Promise<void> => {
    const controller = new AbortController()
    running.current = controller
    setFailure(undefined)
    setProgress({ received: 0, total: undefined })
    try {
      const archive = await fetchArchive({
        api,
        tenantId: tenant.id,
        signal: controller.signal,
        onProgress: setProgress,
      })
      saveFile(archive)
      toasts.done(`${tenant.name} exported`, { detail: `${archive.name}, ${formatBytes(archive.content.size)}` })
    } catch (thrown) {
      if (!controller.signal.aborted) setFailure(describeFailedExport(toProblem(thrown)))
    } finally {
      setProgress(undefined)
    }
  }
  return {
    busy: progress !== undefined,
    progress,
    failure,
    begin: () => void begin(),
    stop: () => running.current?.abort(),
  }
}

function shareOf(progress: ArchiveProgress | undefined): number {
  return progress?.total === undefined ? 0 : progress.received / progress.total
}

function describeProgress(progress: ArchiveProgress | undefined): string {
  if (progress?.total === undefined) return 'Writing the archive'
  return `${formatBytes(progress.received)} of ${formatBytes(progress.total)}`
}
