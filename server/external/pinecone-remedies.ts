import type { ConnectionFix } from './connection-test.ts'
import { embeddingDimensions } from './embeddings.ts'
import { findRegionMismatch, namePlacement, type PineconeIndex } from './pinecone-index.ts'

const choicesMax = 50
/** What an index and a placement may be called: a controller's other text is not shown. */
const indexName = /^[a-z0-9][a-z0-9-]{0,62}$/
const placementName = /^[a-z0-9-]{1,64}$/i
const metadataField = /^[\w.-]{1,64}$/

/** What an index should be like. */
export interface IndexWanted {
  /** Of the embedding model; null when that is not known. */
  embeddingDimension: number | null
  /** `pinecone_environment`. */
  environment: string | null
}

/** The indexes of a key whose names can be shown. */
export function keepNamedIndexes(indexes: PineconeIndex[]): PineconeIndex[] {
  return indexes.filter(({ name }) => indexName.test(name))
}

/** A placement that looks like one, in the words of `pinecone_environment`; else undefined. */
export function showPlacement(index: PineconeIndex | undefined): string | undefined {
  const name = index && namePlacement(index.placement)
  return name !== undefined && placementName.test(name) ? name : undefined
}

/** The other indexes of the key, those that fit first; with `fitting` only those. */
export function suggestIndexes(
  indexes: PineconeIndex[],
  options: { wanted: IndexWanted; except?: string; fitting?: boolean },
): ConnectionFix {
  const { wanted, except, fitting = false } = options
  const others = indexes.filter(({ name }) => name !== except)
  const fits = others.filter((index) => isFitting(index, wanted))
  const rest = fitting ? [] : others.filter((index) => !fits.includes(index))
  const shown = [...fits, ...rest].slice(0, choicesMax)
  return {
    field: 'pinecone_index',
    choices: shown.map((index) => ({ value: index.name, note: describeIndex(index) })),
  }
}

/** Embedding models that make vectors of this length. */
export function suggestEmbeddingModels(dimension: number): ConnectionFix {
  const models = Object.entries(embeddingDimensions).filter(([, made]) => made === dimension)
  return { field: 'embedding_model', choices: models.map(([value]) => ({ value, note: null })) }
}

/**
 * The region of an index, written as `environment` was: with its cloud only when that named one, as pods are always
 * named whole.
 */
export function suggestRegion(index: PineconeIndex | undefined, environment: string | null): ConnectionFix {
  const whole = showPlacement(index)
  const namedCloud = /-(aws|gcp|azure)$/i.test(environment?.trim() ?? '')
  const value = index?.placement.kind === 'serverless' && !namedCloud ? index.placement.region : whole
  return {
    field: 'pinecone_environment',
    choices: whole === undefined || value === undefined ? [] : [{ value, note: whole === value ? null : whole }],
  }
}

/** Metadata fields that hold text, longest first: in most indexes that is the passage. */
export function suggestTextFields(metadata: Record<string, unknown>): ConnectionFix {
  const texts = Object.entries(metadata).flatMap(([field, value]) =>
    typeof value === 'string' && value !== '' && metadataField.test(field) ? [{ field, length: value.length }] : [],
  )
  const shown = texts.sort((one, other) => other.length - one.length).slice(0, choicesMax)
  return { field: 'pinecone_text_field', choices: shown.map(({ field }) => ({ value: field, note: null })) }
}

/** A count as sentences have it: 1,536. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

function isFitting(index: PineconeIndex, { embeddingDimension, environment }: IndexWanted): boolean {
  const fitsModel = index.dimension !== null && (embeddingDimension === null || index.dimension === embeddingDimension)
  return index.ready && fitsModel && findRegionMismatch(environment, index.placement) === undefined
}

function describeIndex(index: PineconeIndex): string {
  const dimension = index.dimension === null ? 'no dense vectors' : `${formatCount(index.dimension)} dimensions`
  const placement = showPlacement(index)
  return [dimension, placement, index.ready ? undefined : 'not ready'].filter((part) => part !== undefined).join(', ')
}
