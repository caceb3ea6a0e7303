import { useEffect, useEffectEvent, useMemo, useState } from 'react'
import { createTabRecord } from '../lib/tab-record.ts'

/** A question whose answers are under way. */
export interface KeptQuestion {
  question: string
  /** What stood beside the live prompt, where two are asked. */
  otherName?: string
  /** The ids of the answers, by who gives them. */
  streams: Readonly<Record<string, string>>
}

/**
 * Remembers a question over a reload of this tab, as long as it is under way.
 * @param place where it is asked; each place remembers one
 */
export function useKeptQuestion(place: string): {
  /** What was under way when the page was loaded. */
  kept: KeptQuestion | undefined
  keep: (question: KeptQuestion | undefined) => void
} {
  const record = useMemo(() => createTabRecord({ key: `tenantry.answer.${place}`, parse: parseKeptQuestion }), [place])
  const [kept] = useState(() => record.read())
  return { kept, keep: (question) => (question ? record.write(question) : record.clear()) }
}

/** Takes up once what was under way when the page was loaded. */
export function useFollow(kept: KeptQuestion | undefined, follow: (kept: KeptQuestion) => Promise<void>): void {
  const begin = useEffectEvent(follow)
  useEffect(() => {
    if (!kept) return undefined
    // Not in the effect itself: in development an effect is run, undone and run again.
    const timer = setTimeout(() => void begin(kept))
    return () => clearTimeout(timer)
  }, [kept])
}

/** Undefined for what is no such question. */
export function parseKeptQuestion(value: unknown): KeptQuestion | undefined {
  if (!isRecord(value) || typeof value.question !== 'string' || !isRecord(value.streams)) return undefined
  const streams = Object.entries(value.streams).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  if (streams.length === 0) return undefined
  return {
    question: value.question,
    ...(typeof value.otherName === 'string' ? { otherName: value.otherName } : {}),
    streams: Object.fromEntries(streams),
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
