import type { FoundChunk } from '../data/chunk-search.data.ts'
import type { StoredSource } from '../data/tenant.schema.ts'
import type { PineconeMatch } from '../external/pinecone.ts'

/** A passage that a search found, before it gets its number. */
export type Passage = Omit<StoredSource, 'n'>

const excerptUnitsMax = 2_000
const idUnitsMax = 512
const titleUnitsMax = 300
const urlUnitsMax = 2_000
/** Reciprocal rank fusion's constant (Cormack, Clarke and Büttcher, 2009). */
const fusionConstant = 60

/** A passage of the tenant's documents: its excerpt is exactly what stands from `start` to `end`. */
export function passageOfChunk(chunk: FoundChunk): Passage {
  const excerpt = cutExcerpt(chunk.text)
  return {
    document_id: chunk.documentId,
    chunk_id: chunk.chunkId,
    title: chunk.title,
    url: chunk.url,
    excerpt,
    start: chunk.start,
    end: chunk.start + excerpt.length,
    score: chunk.score,
  }
}

/** A passage of an index that others filled; undefined when the vector has no text. Nothing in it is taken on trust. */
export function passageOfMatch(match: PineconeMatch): Passage | undefined {
  if (match.text === '') return undefined
  return {
    document_id: textOf(match.metadata.document_id, idUnitsMax),
    chunk_id: textOf(match.id, idUnitsMax) ?? '',
    title: textOf(match.metadata.title, titleUnitsMax) ?? textOf(match.metadata.source, titleUnitsMax),
    url: webAddressOf(match.metadata.url),
    excerpt: cutExcerpt(match.text.replaceAll('\u0000', '').toWellFormed()),
    start: null,
    end: null,
    score: Number.isFinite(match.score) ? match.score : 0,
  }
}

/**
 * Reciprocal rank fusion: what both rankings put high comes first; a passage found twice counts twice. A ranking of
 * weight 0 counts for nothing.
 */
export function fuseRankings(rankings: { found: Passage[]; weight: number }[]): Passage[] {
  const fused = new Map<string, Passage>()
  for (const { found, weight } of rankings) {
    if (weight === 0) continue
    for (const [rank, passage] of found.entries()) {
      const score = weight / (fusionConstant + rank + 1)
      const known = fused.get(passage.chunk_id)
      fused.set(passage.chunk_id, { ...(known ?? passage), score: (known?.score ?? 0) + score })
    }
  }
  return [...fused.values()].sort((a, b) => b.score - a.score || a.chunk_id.localeCompare(b.chunk_id))
}

/** The first passages as sources, numbered from 1. */
export function numberPassages(found: Passage[], passagesMax: number): StoredSource[] {
  return found.slice(0, passagesMax).map((passage, index) => ({ n: index + 1, ...passage }))
}

/** The beginning of a text; never half a character. */
function cutExcerpt(text: string): string {
  if (text.length <= excerptUnitsMax) return text
  const cut = text.slice(0, excerptUnitsMax)
  return cut.isWellFormed() ? cut : cut.slice(0, -1)
}

/** A text of foreign metadata, as far as it can be stored and shown. */
function textOf(value: unknown, unitsMax: number): string | null {
  if (typeof value !== 'string' || value === '') return null
  return value.slice(0, unitsMax).replaceAll('\u0000', '').toWellFormed()
}

/** Only what a browser may open: foreign metadata may hold `javascript:` as well. */
function webAddressOf(value: unknown): string | null {
  const text = textOf(value, urlUnitsMax)
  return text !== null && /^https?:\/\//i.test(text) && URL.canParse(text) ? text : null
}
