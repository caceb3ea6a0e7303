import { t } from 'elysia'
import type { RetrievalWeights } from '../data/core.schema.ts'
import { requestInvalid } from './problem-details.ts'
import { nullable } from './schemas.ts'

const weight = t.Number({ minimum: 0, maximum: 100, error: 'must be a number from 0 to 100' })

/** How both rankings count in hybrid retrieval. */
export const retrievalWeights = t.Object({ keyword: weight, semantic: weight })

/** How passages are looked for, as managers may write it. */
export const retrievalModes = t.Union(
  [t.Literal('off'), t.Literal('keyword'), t.Literal('semantic'), t.Literal('hybrid')],
  { error: 'must be off, keyword, semantic, hybrid, or null for automatic' },
)

/** The settings of retrieval that every manager may write; the weights and the filter are to be read by hand besides. */
export const retrievalSettings = {
  retrieval: nullable(retrievalModes),
  retrieval_top_k: t.Integer({ minimum: 1, maximum: 50, error: 'must be a whole number from 1 to 50' }),
  retrieval_score_min: nullable(
    t.Number({ minimum: -1_000_000, maximum: 1_000_000, error: 'must be a number from -1,000,000 to 1,000,000' }),
  ),
  retrieval_weights: nullable(retrievalWeights),
  // Checked by hand: behind Elysia's cleaning a record would make an object of a text.
  retrieval_filter: t.Unknown({ description: 'A metadata filter in Pinecone’s words, or null' }),
}

const filterCharactersMax = 10_000

/** Pinecone's metadata filter; what its operators are is Pinecone's to say. Throws `request.invalid` 422. */
export function readRetrievalFilter(value: unknown): Record<string, unknown> | null {
  if (value === null) return null
  if (typeof value !== 'object' || Array.isArray(value)) throw refuse('retrieval_filter', 'must be an object or null')
  if (JSON.stringify(value).length > filterCharactersMax) {
    throw refuse('retrieval_filter', 'must have at most 10,000 characters')
  }
  return { ...value }
}

/** Weights that leave something to be found. Throws `request.invalid` 422. */
export function readRetrievalWeights(weights: RetrievalWeights | null): RetrievalWeights | null {
  if (weights?.keyword === 0 && weights.semantic === 0) {
    throw refuse('retrieval_weights', 'must not both be 0; switch retrieval off instead')
  }
  return weights
}

function refuse(path: string, message: string): Error {
  return requestInvalid({ detail: `${path}: ${message}`, errors: [{ path, message }] })
}
