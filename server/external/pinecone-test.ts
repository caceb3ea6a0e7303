import type { Clock } from '../platform/clock.ts'
import { AppError } from '../platform/errors.ts'
import { callWithDeadline } from './call-deadline.ts'
import { type ConnectionTest, runSteps, type StepFinding } from './connection-test.ts'
import { makeRetrievalFailure } from './pinecone-errors.ts'
import { findRegionMismatch, type PineconeIndex } from './pinecone-index.ts'
import {
  formatCount,
  keepNamedIndexes,
  showPlacement,
  suggestEmbeddingModels,
  suggestIndexes,
  suggestRegion,
  suggestTextFields,
} from './pinecone-remedies.ts'

/** What is tested; fields as stored for the tenant or overridden by the request. */
export interface PineconeTestRequest {
  apiKey: string
  /** Empty when none is named: the test then ends by naming those there are. */
  index: string
  namespace: string | null
  /** `pinecone_text_field`: where the nearest vector should hold its text. */
  textField: string
  /** `pinecone_environment`; null or empty passes the region step. */
  environment: string | null
  /** What the tenant's embedding model makes; null when that is not known before its first vector. */
  embeddingDimension: number | null
  /** The key is the platform's: what else it opens is not this tenant's to see. */
  isShared: boolean
  signal: AbortSignal
}

interface TestedMatch {
  /** The metadata field that holds the text; empty when the vector has none. */
  text: string
  metadata: Record<string, unknown>
}

/** The calls a test makes. */
export interface PineconeTestCalls {
  clock: Clock
  /** For all steps together. */
  timeoutMs: number
  listIndexes(signal: AbortSignal): Promise<PineconeIndex[]>
  describe(signal: AbortSignal): Promise<PineconeIndex>
  /** In the request's namespace. */
  countVectors(signal: AbortSignal): Promise<number>
  query(signal: AbortSignal, vector: number[]): Promise<TestedMatch[]>
}

const remedies: Record<string, string> = {
  key_refused: 'Enter a valid API key of the Pinecone project that holds the index.',
  index_not_found: 'Check the name of the index, and that the key belongs to its project.',
  rate_limited: 'Wait a little and test again.',
  provider_failing: 'Wait a little and test again; see Pinecone’s status page.',
  unreachable: 'Check that this server may reach Pinecone.',
  timeout: 'Check that this server may reach Pinecone, then test again.',
  address_refused: 'The index must have a public address.',
}
const namesShownMax = 5

/**
 * The steps key, index, dimension, region, namespace, query, in this order, each only after the one before it passed.
 * Rejects only with the request's signal's reason.
 */
export async function testPineconeConnection(
  request: PineconeTestRequest,
  calls: PineconeTestCalls,
): Promise<ConnectionTest> {
  const { clock, timeoutMs } = calls
  const deadlineMs = clock.monotonicMs() + timeoutMs
  let indexes: PineconeIndex[] = []
  let found: PineconeIndex | undefined

  async function attempt(work: (signal: AbortSignal) => Promise<StepFinding>): Promise<StepFinding> {
    try {
      const leftMs = Math.max(1, deadlineMs - clock.monotonicMs())
      const makeTimeout = (): Error => makeRetrievalFailure('timeout')
      return await callWithDeadline({ timeoutMs: leftMs, signal: request.signal, makeTimeout }, work)
    } catch (error) {
      if (request.signal.aborted || !(error instanceof AppError)) throw error
      const remedy =
        remedies[String(error.extensions.reason)] ?? 'Test again; if it stays, check the index in Pinecone.'
      return { ok: false, detail: error.detail, remedy }
    }
  }

  const steps: { name: string; run: () => Promise<StepFinding> }[] = [
    {
      name: 'key',
      run: () =>
        attempt(async (signal) => {
          const found = keepNamedIndexes(await calls.listIndexes(signal))
          if (request.isShared) return { ok: true, detail: 'The platform’s key is accepted.' }
          indexes = found
          return {
            ok: true,
            detail: `The key is accepted; its project has ${countOf(indexes.length, 'index', 'indexes')}.`,
          }
        }),
    },
    {
      name: 'index',
      run: () =>
        attempt(async (signal) => {
          const remedy = request.isShared ? remedies.index_not_found : listNames(indexes)
          const missing = { ok: false, remedy, fixes: [suggestIndexes(indexes, { wanted: request })] }
          if (request.index.trim() === '') return { ...missing, detail: 'No index is named.' }
          try {
            found = await calls.describe(signal)
          } catch (error) {
            if (!(error instanceof AppError) || error.extensions.reason !== 'index_not_found') throw error
            return { ...missing, detail: `There is no index “${request.index}”.` }
          }
          return found.ready
            ? { ok: true, detail: `The index “${request.index}” is ready.` }
            : { ok: false, detail: 'The index is still being prepared.', remedy: 'Wait a minute and test again.' }
        }),
    },
    { name: 'dimension', run: () => Promise.resolve(judgeDimension(found?.dimension ?? null, request, indexes)) },
    { name: 'region', run: () => Promise.resolve(judgeRegion(found, request, indexes)) },
    {
      name: 'namespace',
      run: () =>
        attempt(async (signal) => {
          const count = await calls.countVectors(signal)
          const name = request.namespace ? `The namespace “${request.namespace}”` : 'The default namespace'
          return {
            ok: true,
            detail: count === 0 ? `${name} is empty.` : `${name} holds ${countOf(count, 'vector', 'vectors')}.`,
          }
        }),
    },
    {
      name: 'query',
      run: () =>
        attempt(async (signal) => {
          const matches = await calls.query(signal, unitVector(found?.dimension ?? request.embeddingDimension ?? 1))
          return judgeMatch(matches[0], request)
        }),
    },
  ]
  return runSteps(steps, clock)
}

function judgeDimension(dimension: number | null, request: PineconeTestRequest, indexes: PineconeIndex[]): StepFinding {
  const { embeddingDimension, index } = request
  if (dimension !== null && dimension === embeddingDimension)
    return { ok: true, detail: `The index has ${formatCount(dimension)} dimensions, as the embedding model.` }
  const otherIndex = suggestIndexes(indexes, { wanted: request, except: index, fitting: true })
  if (dimension === null) {
    return {
      ok: false,
      detail: 'The index has no single dense vector field.',
      remedy: `Use a dense index with ${embeddingDimension === null ? 'as many' : formatCount(embeddingDimension)} dimensions${embeddingDimension === null ? ' as the embedding model makes' : ''}.`,
      fixes: [otherIndex],
    }
  }
  if (embeddingDimension === null) {
    return {
      ok: true,
      detail: `The index has ${formatCount(dimension)} dimensions; what this embedding model makes is not known.`,
    }
  }
  return {
    ok: false,
    detail: `The index has ${formatCount(dimension)} dimensions, the embedding model makes ${formatCount(embeddingDimension)}.`,
    remedy: `Choose an embedding model with ${formatCount(dimension)} dimensions or an index with ${formatCount(embeddingDimension)}.`,
    fixes: [suggestEmbeddingModels(dimension), otherIndex],
  }
}

function judgeRegion(
  found: PineconeIndex | undefined,
  request: PineconeTestRequest,
  indexes: PineconeIndex[],
): StepFinding {
  const { environment, index } = request
  const placement = found?.placement ?? { kind: 'unknown' as const }
  if (findRegionMismatch(environment, placement) === undefined) {
    const isSet = environment !== null && environment.trim() !== ''
    return {
      ok: true,
      detail: isSet ? `The index is in ${environment.trim()}.` : 'No region is set; none is needed.',
    }
  }
  const shown = showPlacement(found) ?? 'another region'
  return {
    ok: false,
    detail: `The index is in ${shown}, not in ${environment ?? ''}.`,
    remedy: `Set the region to ${shown}, leave it empty, or name an index that is in ${environment ?? ''}.`,
    fixes: [
      suggestRegion(found, environment),
      suggestIndexes(indexes, { wanted: request, except: index, fitting: true }),
    ],
  }
}

/** A query that is answered passes; that its text cannot be found is said, as no passage would come of it. */
function judgeMatch(match: TestedMatch | undefined, { textField }: PineconeTestRequest): StepFinding {
  const answered = 'A test query was answered'
  if (!match) return { ok: true, detail: `${answered}.` }
  if (match.text !== '') return { ok: true, detail: `${answered}, with text under “${textField}”.` }
  return {
    ok: true,
    detail: `${answered}, but the vector it found has no text under “${textField}”: no passage would come of it.`,
    fixes: [suggestTextFields(match.metadata)],
  }
}

function listNames(indexes: PineconeIndex[]): string {
  if (indexes.length === 0) return 'Create the index in Pinecone first.'
  const names = indexes.slice(0, namesShownMax).map(({ name }) => name)
  return `Choose one that the key sees: ${names.join(', ')}${indexes.length > namesShownMax ? ', …' : '.'}`
}

function countOf(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

function unitVector(dimension: number): number[] {
  return Array.from({ length: dimension }, (_, at) => (at === 0 ? 1 : 0))
}
