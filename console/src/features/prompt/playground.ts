import type { Answer, FoundSource } from '../../panels/preview-answer.ts'
import { questionCharactersMax } from '../../panels/ask-field.tsx'
import type { HistoryEntry } from '../../panels/use-preview-answer.ts'

/** Which prompt answers: the one that is live, or the one beside it (a draft, an older version). */
export type Side = 'live' | 'other'

/** One question of the playground and what the prompts answered. */
export interface Turn {
  question: string
  live: Answer
  /** Undefined when only the live prompt was asked. */
  other: Answer | undefined
  /** What stood beside the live prompt: “Draft”, “Version 9”. */
  otherName: string | undefined
}

const messagesMax = 40

/**
 * The conversation that one prompt has had: its own answers, oldest first. Questions it has not answered are left out,
 * and of a long conversation the last twenty are kept, as the server takes no more.
 */
export function tellHistory(turns: readonly Turn[], side: Side): HistoryEntry[] {
  return turns
    .flatMap((turn): HistoryEntry[] => {
      const text = turn[side]?.text.trim() ?? ''
      if (text === '') return []
      return [
        { role: 'user', content: turn.question },
        { role: 'assistant', content: text.slice(0, questionCharactersMax) },
      ]
    })
    .slice(-messagesMax)
}

/** A source of a turn, and which prompts found and named it. */
export interface SharedSource {
  key: string
  source: FoundSource
  /** “cited by both”, “cited by draft”, “not cited”. */
  note: string
  /** By at least one of them. */
  isCited: boolean
}

/** The sources of both answers in one list; those that both found stand once. */
export function mergeSources(turn: Turn): SharedSource[] {
  const { live, other } = turn
  const keys = new Set([...live.sources, ...(other?.sources ?? [])].map(keyOf))
  return [...keys].flatMap((key) => {
    const inLive = live.sources.find((source) => keyOf(source) === key)
    const inOther = other?.sources.find((source) => keyOf(source) === key)
    const source = inLive ?? inOther
    return source ? [{ key, source, ...describeCited({ turn, inLive, inOther }) }] : []
  })
}

/** The entry of the merged list that `[n]` of one answer means. */
export function findSourceKey(answer: Answer, n: number): string | undefined {
  const source = answer.sources.find((candidate) => candidate.n === n)
  return source && keyOf(source)
}

function keyOf(source: FoundSource): string {
  return `${source.n}:${source.chunk_id ?? source.excerpt}`
}

function describeCited(found: {
  turn: Turn
  inLive: FoundSource | undefined
  inOther: FoundSource | undefined
}): Pick<SharedSource, 'note' | 'isCited'> {
  const { turn, inLive, inOther } = found
  const byLive = inLive !== undefined && turn.live.cited.includes(inLive.n)
  const byOther = inOther !== undefined && turn.other?.cited.includes(inOther.n) === true
  if (!byLive && !byOther) return { note: 'not cited', isCited: false }
  if (!turn.other) return { note: 'cited', isCited: true }
  if (byLive && byOther) return { note: 'cited by both', isCited: true }
  return { note: `cited by ${byLive ? 'live' : turn.otherName?.toLowerCase()}`, isCited: true }
}
