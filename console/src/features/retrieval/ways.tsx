import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { formatMs } from '../../lib/numbers.ts'
import { tenantPath } from '../../lib/paths.ts'
import { Bone } from '../../ui/bone.tsx'
import { classNames } from '../../ui/class-names.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { describeWayProblem, rankPassages, wayNames, ways, type EmptyWords, type Way } from './compare-ways.ts'
import { PassageRow } from './passage-row.tsx'
import type { Comparison } from './retrieval.queries.ts'

const mendNames = { connections: 'Set up Pinecone', knowledge: 'Show documents' } as const

/** What every way of searching found, side by side (below each other where it is narrow). */
export function WaysSideBySide(props: {
  comparison: Comparison
  tenantId: string
  /** Found with settings that are not saved. */
  isDraft: boolean
  busy: boolean
}): ReactNode {
  const [open, setOpen] = useState<string>()
  const [pointed, setPointed] = useState<string>()
  return (
    <div className="@container relative" aria-busy={props.busy}>
      {props.isDraft && <span aria-hidden="true" className="absolute inset-x-0 -top-px h-[2px] bg-copper" />}
      <div className="grid @min-[720px]:min-h-[calc(100dvh-210px)] @min-[720px]:grid-cols-3">
        {ways.map((way) => (
          <WayColumn
            key={way}
            {...props}
            way={way}
            open={open}
            onOpen={setOpen}
            pointed={pointed}
            onPoint={setPointed}
          />
        ))}
      </div>
    </div>
  )
}

function WayColumn(props: {
  comparison: Comparison
  tenantId: string
  way: Way
  open: string | undefined
  onOpen: (row: string | undefined) => void
  pointed: string | undefined
  onPoint: (chunkId: string | undefined) => void
}): ReactNode {
  const { comparison, way, tenantId } = props
  const problem = describeWayProblem(comparison, way)
  const isUsed = comparison.mode === way
  const wasTried = comparison.ways[way].problem?.reason !== 'not_configured'
  return (
    <section
      aria-label={wayNames[way]}
      className="relative min-w-0 border-line px-6 pt-4 pb-5 not-first:border-t @min-[720px]:not-first:border-s @min-[720px]:not-first:border-t-0 @min-[720px]:not-first:ps-4 @min-[720px]:not-last:pe-4 phone:px-4"
    >
      <div className="mb-2 flex min-h-[20px] items-baseline gap-x-2">
        <h2 className="text-[14px]/[20px] font-semibold text-ink">{wayNames[way]}</h2>
        {isUsed && <span className="text-meta text-accent-text">used for answers</span>}
        <span className="ms-auto text-meta text-ink-3 tabular-nums">
          {wasTried && formatMs(comparison.ways[way].ms)}
        </span>
      </div>
      {problem && <WayProblem words={problem} tenantId={tenantId} />}
      <ol className="-mx-2 flex flex-col">
        {rankPassages(comparison, way).map((ranked) => {
          const row = `${way} ${ranked.source.chunk_id}`
          return (
            <PassageRow
              key={ranked.source.chunk_id}
              ranked={ranked}
              way={way}
              tenantId={tenantId}
              isOpen={props.open === row}
              isPointed={props.pointed === ranked.source.chunk_id}
              onToggle={() => props.onOpen(props.open === row ? undefined : row)}
              onPoint={props.onPoint}
            />
          )
        })}
      </ol>
    </section>
  )
}

function WayProblem(props: { words: EmptyWords; tenantId: string }): ReactNode {
  const { title, advice, mend } = props.words
  return (
    <div className="mb-2 text-meta">
      <p className="font-medium text-ink-2">{title}</p>
      <p className="text-ink-3">
        {advice}{' '}
        {mend && (
          <Link to={tenantPath(props.tenantId, mend)} className="link">
            {mendNames[mend]}
          </Link>
        )}
      </p>
    </div>
  )
}

/** What answers would do with what was found, for the eye and for readers. */
export function SearchFacts(props: { comparison: Comparison | undefined; isDraft: boolean }): ReactNode {
  const { comparison, isDraft } = props
  return (
    <p role="status" className={classNames('mt-2 min-h-[16px] text-meta', isDraft ? 'text-warn' : 'text-ink-3')}>
      {comparison && describeFacts(comparison, isDraft)}
    </p>
  )
}

function describeFacts(comparison: Comparison, isDraft: boolean): string {
  const whose = isDraft ? 'With the settings that are not saved, answers' : 'Answers'
  if (comparison.mode === 'off') return `${whose} get no passages: retrieval is off.`
  const falls = comparison.mode === 'hybrid' && comparison.ways.hybrid.degraded !== null
  const fails = comparison.mode === 'semantic' && comparison.ways.semantic.problem !== null
  if (fails) return `${whose} fail: semantic search does.`
  return `${whose} are drawn from ${falls ? 'what keyword finds, as semantic search fails' : `the ${comparison.mode} list`}. All of it took ${formatMs(comparison.ms)}.`
}

/** Before the first question. */
export function WaysInvitation(props: { tenantId: string }): ReactNode {
  return (
    <EmptyState
      title="See what a question finds"
      action={
        <Link to={tenantPath(props.tenantId, 'knowledge')} className="link">
          Show documents
        </Link>
      }
    >
      Ask as an end user would: by keyword, by meaning and both merged, side by side. Settings can be tried before they
      are saved; embedding the question is counted.
    </EmptyState>
  )
}

/** While the first question is under way. */
export function WaysSkeleton(): ReactNode {
  return (
    <div className="@container" aria-hidden="true">
      <div className="grid @min-[720px]:grid-cols-3">
        {ways.map((way) => (
          <div key={way} className="flex flex-col gap-5 px-6 py-5 phone:px-4">
            <Bone width={72} height={11} />
            {[0, 1, 2].map((row) => (
              <div key={row} className="flex flex-col gap-2">
                <Bone width={150} height={10} />
                <Bone width={200} height={8} />
              </div>
            ))}
          </div>
        ))}
      </div>
    </div>
  )
}
