import { Link } from '@tanstack/react-router'
import { useEffect, useRef, type ReactNode } from 'react'
import { findPassageLink } from '../lib/passage-link.ts'
import { CitationButton } from '../ui/citation-button.tsx'
import { classNames } from '../ui/class-names.ts'
import { Icon } from '../ui/icons.tsx'
import { findSafeHref } from '../ui/markdown-safety.ts'
import { StrengthBar } from '../ui/strength-bar.tsx'
import { Tooltip } from '../ui/tooltip.tsx'
import type { FoundSource } from './preview-answer.ts'

/** A source as a list shows it. */
export interface ListedSource {
  /** Unique in its list. */
  key: string
  source: FoundSource
  /** Who names it: “cited by both”, “not cited”. */
  note: string
}

/** Which source is open, and how it came to be: one opened from within an answer is brought into view. */
export interface OpenSource {
  key: string
  fromAnswer: boolean
}

/** The sources of an answer; each opens to its whole passage. */
export function AnswerSources(props: {
  /** Whose documents they are from. */
  tenantId: string
  sources: readonly ListedSource[]
  open: OpenSource | undefined
  onOpen: (open: OpenSource | undefined) => void
}): ReactNode {
  const { open, onOpen } = props
  return (
    <ul className="-mx-2 flex flex-col">
      {props.sources.map((listed) => (
        <SourceRow
          key={listed.key}
          listed={listed}
          tenantId={props.tenantId}
          open={open?.key === listed.key ? open : undefined}
          onToggle={() => onOpen(open?.key === listed.key ? undefined : { key: listed.key, fromAnswer: false })}
        />
      ))}
    </ul>
  )
}

function SourceRow(props: {
  listed: ListedSource
  tenantId: string
  open: OpenSource | undefined
  onToggle: () => void
}): ReactNode {
  const { source, note } = props.listed
  const isOpen = props.open !== undefined
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (props.open?.fromAnswer !== true) return
    button.current?.focus({ preventScroll: true })
    button.current?.scrollIntoView({ block: 'nearest' })
  }, [props.open])
  const row = (
    <button
      ref={button}
      type="button"
      aria-expanded={isOpen}
      onClick={props.onToggle}
      className="flex w-full items-start gap-2 rounded-md px-2 py-[6px] text-start hover:bg-hover"
    >
      <span className="mt-[2px] w-[22px] shrink-0">
        <CitationButton n={source.n} />
      </span>
      <span className="min-w-0 flex-1">
        <span className="flex flex-wrap items-baseline gap-x-3">
          <span className="min-w-0 flex-1 font-medium wrap-anywhere text-ink">{source.title ?? 'Without a title'}</span>
          <span className="text-meta text-ink-3">{note}</span>
          {source.strength !== undefined && <StrengthBar strength={source.strength} />}
        </span>
        <span
          className={classNames(
            'block text-meta text-ink-3',
            isOpen ? 'whitespace-pre-wrap wrap-anywhere' : 'truncate',
          )}
        >
          {source.excerpt}
        </span>
      </span>
      <Icon name={isOpen ? 'minus' : 'plus'} className="mt-[3px] size-[14px] shrink-0 text-ink-3" />
    </button>
  )
  return (
    <li className="relative">
      {source.scoreWords === undefined ? (
        row
      ) : (
        <Tooltip words={source.scoreWords} side="top">
          {row}
        </Tooltip>
      )}
      {isOpen && <SourceFacts source={source} tenantId={props.tenantId} />}
    </li>
  )
}

/** Its score, where the passage stands in its document, and the page it is from. */
function SourceFacts(props: { source: FoundSource; tenantId: string }): ReactNode {
  const { source, tenantId } = props
  const passage = findPassageLink({ tenantId, source })
  const href = findSafeHref(source.url)
  if (passage === undefined && href === undefined && source.scoreWords === undefined) return null
  return (
    <p className="mb-2 flex flex-wrap gap-x-4 gap-y-1 ps-[38px] pe-2 text-meta">
      {source.scoreWords !== undefined && <span className="text-ink-3 tabular-nums">{source.scoreWords}</span>}
      {passage && (
        <Link {...passage} className="link">
          Open in document
        </Link>
      )}
      {href !== undefined && (
        <a
          href={href}
          target="_blank"
          rel="noopener noreferrer nofollow"
          referrerPolicy="no-referrer"
          className="link wrap-anywhere"
        >
          {href}
        </a>
      )}
    </p>
  )
}
