import { useCallback, type ReactNode } from 'react'
import { formatBytes, formatPlural } from '../../lib/numbers.ts'
import { ChoiceMenu } from '../../ui/choice-menu.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import type { KnowledgeState } from './knowledge.view.ts'

/** The orders of the list, in words. */
export const sorts = [
  { value: '-created_at', label: 'Newest first' },
  { value: 'created_at', label: 'Oldest first' },
  { value: 'title', label: 'Title, A to Z' },
  { value: '-title', label: 'Title, Z to A' },
] as const

const states = [
  { value: 'any', label: 'Any state' },
  { value: 'working', label: 'Being read' },
  { value: 'ready', label: 'Ready' },
  { value: 'failed', label: 'Failed' },
] as const

/** How many documents there are in each state, and how much they hold. */
export interface Counts {
  queued: number
  processing: number
  ready: number
  failed: number
  chunks: number
  bytes: number
}

/** Search, state and order of the list, and how much there is. */
export function KnowledgeBar(props: {
  view: KnowledgeState
  counts: Counts | undefined
  onChange: (changes: Partial<KnowledgeState>, how?: { typing?: boolean }) => void
}): ReactNode {
  const { view, counts, onChange } = props
  const search = useCallback((q: string) => onChange({ q }, { typing: true }), [onChange])
  return (
    <div className="relative flex min-h-[50px] flex-wrap items-center gap-2 border-b border-line px-6 py-2 phone:px-4">
      <SearchField label="Title, file or address" value={view.q} onSearch={search} className="phone:basis-full" />
      <ChoiceMenu
        label="State"
        icon="filter"
        value={view.state}
        choices={states}
        onChoose={(state) => onChange({ state })}
      />
      <p role="status" className="ms-auto text-meta text-ink-3 tabular-nums">
        {counts && describeCounts(counts)}
      </p>
      <ChoiceMenu
        label="Sort"
        icon="sort"
        value={view.sort}
        choices={sorts}
        onChoose={(sort) => onChange({ sort })}
        className="phone:[&>span]:hidden"
      />
    </div>
  )
}

function describeCounts({ queued, processing, failed, chunks, bytes }: Counts): string {
  const working = queued + processing
  if (working > 0) return `${formatPlural(working, 'document')} being read`
  if (failed > 0) return `${formatPlural(failed, 'document')} failed`
  return chunks === 0 ? '' : `${formatPlural(chunks, 'passage')}, ${formatBytes(bytes)}`
}
