import type { ReactNode } from 'react'
import { formatBytes, formatPlural } from '../../lib/numbers.ts'
import { Bar } from '../../ui/bar.tsx'
import { ChoiceMenu } from '../../ui/choice-menu.tsx'
import { ListBar } from '../../ui/list-bar.tsx'
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
  return (
    <Bar>
      <ListBar
        label="Title, file or address"
        view={view}
        sorts={sorts}
        said={counts && describeCounts(counts)}
        onChange={onChange}
      >
        <ChoiceMenu
          label="State"
          icon="filter"
          value={view.state}
          choices={states}
          onChoose={(state) => onChange({ state })}
        />
      </ListBar>
    </Bar>
  )
}

function describeCounts({ queued, processing, failed, chunks, bytes }: Counts): string {
  const working = queued + processing
  if (working > 0) return `${formatPlural(working, 'document')} being read`
  if (failed > 0) return `${formatPlural(failed, 'document')} failed`
  return chunks === 0 ? '' : `${formatPlural(chunks, 'passage')}, ${formatBytes(bytes)}`
}
