import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { formatCount } from '../../lib/numbers.ts'
import { Section } from '../../ui/section.tsx'
import { State } from '../../ui/state.tsx'
import { When } from '../../ui/time.tsx'
import { describeConnections, type ConnectionLine } from './connection-words.ts'
import type { TenantOverview } from './tenant-overview.queries.ts'

/** How a tenant's model and Pinecone do, as the last answers and tests found. */
export function ConnectionsSection(props: {
  overview: TenantOverview
  /** Where they are set. */
  to: string | undefined
}): ReactNode {
  const { overview, to } = props
  return (
    <Section
      title="Connections"
      actions={
        to !== undefined && (
          <Link to={to} className="link no-underline hover:underline">
            Open connections
          </Link>
        )
      }
    >
      <dl className="flex flex-col gap-2">
        {describeConnections(overview).map((line) => (
          <Line key={line.name} line={line} />
        ))}
        <div className="flex items-baseline gap-3">
          <dt className="text-ink-3">Retrieval</dt>
          <dd className="ms-auto text-ink">{overview.effective.retrieval}</dd>
        </div>
      </dl>
    </Section>
  )
}

function Line({ line }: { line: ConnectionLine }): ReactNode {
  const { name, kind, words, workedAt, note, failure } = line
  return (
    <div className="flex flex-wrap items-baseline gap-x-3">
      <dt className="shrink-0 text-ink-3">{name}</dt>
      <dd className="ms-auto min-w-0">
        <State kind={kind} className="max-w-full">
          <span className={failure ? 'wrap-anywhere' : 'wrap-anywhere text-ink'}>{words}</span>
        </State>
      </dd>
      {(failure ?? workedAt ?? note) !== undefined && (
        <dd className="basis-full text-end text-meta text-ink-3 tabular-nums">
          {note}
          {workedAt !== undefined && (
            <>
              worked <When time={workedAt} />
            </>
          )}
          {failure && (
            <>
              fails since <When time={failure.since} />
              {failure.affected > 0 && `, ${formatCount(failure.affected)} answers affected`}
            </>
          )}
        </dd>
      )}
      {failure && <dd className="mt-1 basis-full text-ink-2">{failure.detail}</dd>}
    </div>
  )
}
