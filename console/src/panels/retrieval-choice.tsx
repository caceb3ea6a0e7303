import type { ReactNode } from 'react'
import { ChoiceCards } from '../ui/choice-cards.tsx'
import type { Tenant } from './tenant.queries.ts'

/** How passages are looked for; `automatic` is none of the server's modes but null. */
export type RetrievalMode = 'automatic' | NonNullable<Tenant['retrieval']>

const modes: readonly { value: RetrievalMode; label: string; note: string }[] = [
  { value: 'automatic', label: 'Automatic', note: 'Hybrid with a key and an index, else keyword.' },
  { value: 'hybrid', label: 'Hybrid', note: 'Both, merged by rank; keyword alone when Pinecone fails.' },
  { value: 'semantic', label: 'Semantic', note: 'Pinecone alone; answers fail when it does.' },
  { value: 'keyword', label: 'Keyword', note: 'Its own documents alone, by words.' },
  { value: 'off', label: 'Off', note: 'No passages: the model answers by itself.' },
]

/** Chooses how a tenant's passages are looked for. */
export function RetrievalChoice(props: {
  /** `column` for a narrow place. */
  look: 'stacked' | 'column'
  value: RetrievalMode
  onChoose: (mode: RetrievalMode) => void
}): ReactNode {
  return (
    <ChoiceCards
      stacked={props.look === 'stacked'}
      column={props.look === 'column'}
      label="Retrieval"
      value={props.value}
      choices={modes}
      onChoose={props.onChoose}
    />
  )
}
