import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Section } from '../../ui/section.tsx'
import { When } from '../../ui/time.tsx'
import { describeChange, type Change } from './change-words.ts'
import type { OverviewPages } from './overview-pages.ts'

const shownMax = 6

/** What was changed last, by whom; a new prompt leads to its version. */
export function ChangesSection(props: {
  changes: readonly Change[]
  tenantId: string
  pages: OverviewPages
}): ReactNode {
  const { changes, tenantId, pages } = props
  return (
    <Section
      title="Changes"
      actions={
        pages.audit !== undefined && (
          <Link to={pages.audit} search={{ tenant: tenantId }} className="link no-underline hover:underline">
            Audit log
          </Link>
        )
      }
    >
      {changes.length === 0 ? (
        <p className="text-ink-2">Nothing was changed yet.</p>
      ) : (
        <ul className="flex flex-col gap-3">
          {changes.slice(0, shownMax).map((change) => (
            <ChangeRow key={change.id} change={change} prompt={pages.prompt} />
          ))}
        </ul>
      )}
    </Section>
  )
}

function ChangeRow(props: { change: Change; prompt: string | undefined }): ReactNode {
  const { change, prompt } = props
  const { words, version } = describeChange(change)
  return (
    <li>
      <p className="wrap-anywhere text-ink">
        {version !== undefined && prompt !== undefined ? (
          <Link
            to={prompt}
            search={{ version }}

            className="rounded-xs hover:underline"
          >
            {words}
          </Link>
        ) : (
          words
        )}
      </p>
      <p className="flex text-meta text-ink-3 tabular-nums">
        <span className="min-w-0 truncate" title={change.actor ?? undefined}>
          {change.actor ?? 'System'}
        </span>
        <span className="shrink-0 whitespace-pre">
          {', '}
          <When time={change.at} />
        </span>
      </p>
    </li>
  )
}
