import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { findPassageLink } from '../../lib/passage-link.ts'
import { describeScore } from '../../panels/search-score.ts'
import { classNames } from '../../ui/class-names.ts'
import { StrengthBar } from '../../ui/strength-bar.tsx'
import { Tooltip } from '../../ui/tooltip.tsx'
import { nameRank, type Ranked, type Way } from './compare-ways.ts'

/** A passage in one ranking: its rank, where it comes from, how strong it is, and on opening all of it. */
export function PassageRow(props: {
  ranked: Ranked
  way: Way
  tenantId: string
  isOpen: boolean
  /** The pointer is on it in one of the rankings. */
  isPointed: boolean
  onToggle: () => void
  onPoint: (chunkId: string | undefined) => void
}): ReactNode {
  const { source, strength, elsewhere } = props.ranked
  const link = findPassageLink({ tenantId: props.tenantId, source })
  const title = source.title ?? 'Without a title'
  const score = describeScore({ mode: props.way, score: source.score })
  return (
    <li
      onPointerEnter={() => props.onPoint(source.chunk_id)}
      onPointerLeave={() => props.onPoint(undefined)}
      className={classNames('relative rounded-md', props.isPointed && 'bg-accent-soft')}
    >
      <Tooltip words={score} side="top">
        <button
          type="button"
          aria-expanded={props.isOpen}
          onClick={props.onToggle}
          className="flex w-full gap-2 rounded-md px-2 py-[7px] text-start"
        >
          <span className="w-[18px] shrink-0 text-end text-meta/[20px] text-ink-3 tabular-nums">
            <span className="sr-only">{`${nameRank(source.n)}: `}</span>
            <span aria-hidden="true">{source.n}</span>
          </span>
          <span className="min-w-0 flex-1">
            <span className="flex items-center gap-2">
              <span className="min-w-0 flex-1 font-medium wrap-anywhere text-ink">{title}</span>
              {strength !== undefined && <StrengthBar strength={strength} />}
            </span>
            <span
              className={classNames(
                'text-meta text-ink-2 wrap-anywhere',
                props.isOpen ? 'block whitespace-pre-wrap' : 'line-clamp-3',
              )}
            >
              {source.excerpt}
            </span>
            {elsewhere && <span className="block text-meta text-ink-3">{elsewhere}</span>}
          </span>
        </button>
      </Tooltip>
      {props.isOpen && (
        <p className="flex flex-wrap gap-x-4 gap-y-1 ps-[34px] pe-2 pb-2 text-meta text-ink-3">
          <span className="tabular-nums">{score}</span>
          {link && (
            <Link {...link} className="link">
              Open in document
            </Link>
          )}
        </p>
      )}
    </li>
  )
}
