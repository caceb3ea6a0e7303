import { findStrength } from '../../panels/search-score.ts'
import type { Comparison } from './retrieval.queries.ts'

/** A way of searching. */
export type Way = 'keyword' | 'semantic' | 'hybrid'

/** All ways, as they stand side by side. */
export const ways: readonly Way[] = ['keyword', 'semantic', 'hybrid']

/** Their names. */
export const wayNames: Record<Way, string> = { keyword: 'Keyword', semantic: 'Semantic', hybrid: 'Hybrid' }

/** A passage in one way's ranking. */
export interface Ranked {
  source: Comparison['keyword'][number]
  /** Its score beside the best one of this ranking, from 0 to 1; undefined where scores only stand for ranks. */
  strength: number | undefined
  /** Where the other ways have it: “2nd by keyword”. */
  elsewhere: string | undefined
}

/** One way's ranking as a list shows it. */
export function rankPassages(comparison: Comparison, way: Way): Ranked[] {
  const best = Math.max(0, ...comparison[way].map(({ score }) => score))
  return comparison[way].map((source) => ({
    source,
    strength: findStrength({ mode: way, score: source.score, best }),
    elsewhere: describeElsewhere({ comparison, way, chunkId: source.chunk_id }),
  }))
}

/** What a way that found nothing is to say, and where that can be mended. */
export interface EmptyWords {
  title: string
  advice: string
  mend?: 'connections' | 'knowledge'
}

/** Why a way shows no passages, or shows those of another way; undefined when all is as meant. */
export function describeWayProblem(comparison: Comparison, way: Way): EmptyWords | undefined {
  const { problem } = comparison.ways[way]
  if (problem) {
    if (way === 'hybrid') {
      return { title: 'Keyword alone', advice: 'Without semantic search, hybrid gives what keyword finds.' }
    }
    return problem.reason === 'not_configured'
      ? {
          title: 'Pinecone is not set up',
          advice: 'With a key and an index, passages are found by meaning, too.',
          mend: 'connections',
        }
      : { title: 'Semantic search failed', advice: problem.detail, mend: 'connections' }
  }
  if (comparison[way].length > 0) return undefined
  return way === 'keyword'
    ? { title: 'Nothing found', advice: 'No document has these words.', mend: 'knowledge' }
    : { title: 'Nothing found', advice: 'No passage is near enough.' }
}

function describeElsewhere(options: { comparison: Comparison; way: Way; chunkId: string }): string | undefined {
  const { comparison, way, chunkId } = options
  const places = ways.flatMap((other) => {
    if (other === way || (other === 'hybrid' && comparison.ways.hybrid.problem)) return []
    const rank = comparison[other].findIndex(({ chunk_id }) => chunk_id === chunkId)
    return rank < 0 ? [] : [`${nameRank(rank + 1)} by ${other}`]
  })
  return places.length === 0 ? undefined : places.join(', ')
}

/** 1st, 2nd, 3rd, 11th, 22nd. */
export function nameRank(rank: number): string {
  const isTeen = rank % 100 >= 11 && rank % 100 <= 13
  const ending = isTeen ? 'th' : (['th', 'st', 'nd', 'rd'][rank % 10] ?? 'th')
  return `${rank}${ending}`
}
