import type { Clock } from '../platform/clock.ts'
import { AppError } from '../platform/errors.ts'
import { callWithDeadline } from './call-deadline.ts'
import { type ConnectionTest, runSteps, type StepFinding } from './connection-test.ts'
import { makeRetrievalFailure } from './pinecone-errors.ts'
import { findRegionMismatch, type PineconeIndex } from './pinecone-index.ts'

/** What is tested; fields as stored for the tenant or overridden by the request. */
export interface PineconeTestRequest {
  apiKey: string
  index: string
  namespace: string | null
  /** `pinecone_environment`; null or empty passes the region step. */
  environment: string | null
  /** What the tenant's embedding model makes; null when that is not known before its first vector. */
  embeddingDimension: number | null
  signal: AbortSignal
}

/** The calls a test makes. */
export interface PineconeTestCalls {
  clock: Clock
  /** For all steps together. */
  timeoutMs: number
  listIndexNames(signal: AbortSignal): Promise<string[]>
  describe(signal: AbortSignal): Promise<PineconeIndex>
  /** In the request's namespace. */
  countVectors(signal: AbortSignal): Promise<number>
  query(signal: AbortSignal, vector: number[]): Promise<unknown>
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
/** What an index may be called: a controller's other text is not shown. */
const indexName = /^[a-z0-9][a-z0-9-]{0,62}$/

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
  let names: string[] = []
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
          names = (await calls.listIndexNames(signal)).filter((name) => indexName.test(name))
          return {
            ok: true,
            detail: `The key is accepted; its project has ${countOf(names.length, 'index', 'indexes')}.`,
          }
        }),
    },
    {
      name: 'index',
      run: () =>
        attempt(async (signal) => {
          if (request.index.trim() === '') {
            return { ok: false, detail: 'No index is named.', remedy: suggestNames(names) }
          }
          try {
            found = await calls.describe(signal)
          } catch (error) {
            if (!(error instanceof AppError) || error.extensions.reason !== 'index_not_found') throw error
            return { ok: false, detail: `There is no index “${request.index}”.`, remedy: suggestNames(names) }
          }
          return found.ready
            ? { ok: true, detail: `The index “${request.index}” is ready.` }
            : { ok: false, detail: 'The index is still being prepared.', remedy: 'Wait a minute and test again.' }
        }),
    },
    { name: 'dimension', run: () => Promise.resolve(judgeDimension(found?.dimension ?? null, request)) },
    { name: 'region', run: () => Promise.resolve(judgeRegion(found, request)) },
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
          await calls.query(signal, unitVector(found?.dimension ?? request.embeddingDimension ?? 1))
          return { ok: true, detail: 'A test query was answered.' }
        }),
    },
  ]
  return runSteps(steps, clock)
}

function judgeDimension(dimension: number | null, { embeddingDimension }: PineconeTestRequest): StepFinding {
  if (dimension !== null && dimension === embeddingDimension)
    return { ok: true, detail: `The index has ${dimension} dimensions, as the embedding model.` }
  if (dimension === null) {
    return {
      ok: false,
      detail: 'The index has no single dense vector field.',
      remedy: `Use a dense index with ${embeddingDimension ?? 'as many'} dimensions${embeddingDimension === null ? ' as the embedding model makes' : ''}.`,
    }
  }
  if (embeddingDimension === null) {
    return { ok: true, detail: `The index has ${dimension} dimensions; what this embedding model makes is not known.` }
  }
  return {
    ok: false,
    detail: `The index has ${dimension} dimensions, the embedding model makes ${embeddingDimension}.`,
    remedy: `Choose an embedding model with ${dimension} dimensions or an index with ${embeddingDimension}.`,
  }
}

function judgeRegion(found: PineconeIndex | undefined, { environment }: PineconeTestRequest): StepFinding {
  const placement = found?.placement ?? { kind: 'unknown' as const }
  const actual = findRegionMismatch(environment, placement)
  if (actual === undefined) {
    const isSet = environment !== null && environment.trim() !== ''
    return {
      ok: true,
      detail: isSet ? `The index is in ${environment.trim()}.` : 'No environment is set; none is needed.',
    }
  }
  // Placements are a controller's text: shown only when they look like one.
  const shown = /^[a-z0-9-]{1,64}$/i.test(actual) ? actual : 'another region'
  return {
    ok: false,
    detail: `The index is in ${shown}, not in ${environment ?? ''}.`,
    remedy: `Set the environment to ${shown}, or leave it empty.`,
  }
}

function suggestNames(names: string[]): string {
  if (names.length === 0) return 'Create the index in Pinecone first.'
  const more = names.length > namesShownMax ? ' …' : ''
  return `The key sees: ${names.slice(0, namesShownMax).join(', ')}${more}`
}

function countOf(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}

function unitVector(dimension: number): number[] {
  return Array.from({ length: dimension }, (_, at) => (at === 0 ? 1 : 0))
}
