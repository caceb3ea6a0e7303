import { Pinecone } from '@pinecone-database/pinecone'
import { type Clock, systemClock } from '../platform/clock.ts'
import { cappedFetch } from '../platform/egress-body.ts'
import type { Egress } from '../platform/egress.ts'
import { AppError } from '../platform/errors.ts'
import { callWithDeadline } from './call-deadline.ts'
import type { ConnectionTest } from './connection-test.ts'
import { type CallTrace, classifyPineconeFailure, makeRetrievalFailure } from './pinecone-errors.ts'
import { type PineconeIndex, readIndexDescription } from './pinecone-index.ts'
import { type PineconeTestRequest, testPineconeConnection } from './pinecone-test.ts'

/** A stored passage that is near the query; `score` by the index's own metric. */
export interface PineconeMatch {
  id: string
  score: number
  /** The metadata field that holds the text; empty when the vector has none. */
  text: string
  metadata: Record<string, unknown>
}

/** Whose index: every call names it, nothing is kept but host names. */
export interface PineconeLocation {
  apiKey: string
  index: string
  /** Null or empty is Pinecone's default namespace. */
  namespace: string | null
}

/** A nearest-neighbour search. */
export interface PineconeQuery extends PineconeLocation {
  vector: number[]
  topK: number
  /** Pinecone's metadata filter; null or empty is none. */
  filter?: Record<string, unknown> | null
  /** `pinecone_text_field`. */
  textField: string
  signal: AbortSignal
}

/** A vector to store. */
export interface PineconeRecord {
  id: string
  values: number[]
  metadata: Record<string, string | number | boolean | string[]>
}

/** The port to Pinecone. Everything rejects with `retrieval.failed` 502 and a safe reason, or the signal's reason. */
export interface PineconeAdapter {
  query(request: PineconeQuery): Promise<PineconeMatch[]>
  /** Stores up to 100 vectors; the same ids again replace them, so a retry is safe. */
  upsert(request: PineconeLocation & { records: PineconeRecord[]; signal: AbortSignal }): Promise<void>
  /** Removes vectors by id; ids that are not there are no error. */
  remove(request: PineconeLocation & { ids: string[]; signal: AbortSignal }): Promise<void>
  describe(request: { apiKey: string; index: string; signal: AbortSignal }): Promise<PineconeIndex>
  /** The six steps of contract.md, within 10 s. Rejects only with the signal's reason. */
  testConnection(request: PineconeTestRequest): Promise<ConnectionTest>
}

/** Deadlines in milliseconds; the defaults fit in the 10 s of a connection test. */
export interface PineconeDeadlines {
  callMs: number
  testMs: number
}

const defaultController = 'https://api.pinecone.io'
const defaultDeadlines: PineconeDeadlines = { callMs: 8_000, testMs: 9_500 }
const bytesMax = 8 * 1024 * 1024
const hostLifetimeMs = 5 * 60_000
const hostsMax = 1_000
/** An index that moved or whose key was changed; the cached host is looked up anew. */
const staleReasons = new Set<unknown>(['key_refused', 'index_not_found', 'unreachable'])

interface Call {
  apiKey: string
  signal: AbortSignal
}

/**
 * Makes the adapter over the Pinecone SDK and the guarded fetch. The controller's address is the operator's and trusted;
 * the index hosts it names are not. Keeps index hosts for 5 minutes by a hash of the key and the index name.
 */
export function createPinecone(options: {
  egress: Egress
  /** `PINECONE_CONTROLLER_URL`. */
  controllerUrl?: string
  clock?: Clock
  deadlines?: Partial<PineconeDeadlines>
}): PineconeAdapter {
  const { egress, controllerUrl = defaultController, clock = systemClock } = options
  const deadlines = { ...defaultDeadlines, ...options.deadlines }
  const hosts = new Map<string, { host: string; expiresAtMs: number }>()

  /** One SDK call: a client of its own, because the SDK takes neither a signal nor a deadline per call. */
  async function call<T>(
    { apiKey, signal }: Call,
    trusted: boolean,
    work: (client: Pinecone, lastBody: () => unknown) => Promise<T>,
  ): Promise<T> {
    const trace: CallTrace = { status: 0, failure: undefined }
    let lastBody: unknown
    try {
      return await callWithDeadline(
        { timeoutMs: deadlines.callMs, signal, makeTimeout: () => makeRetrievalFailure('timeout') },
        (signal) => {
          const capped = cappedFetch(egress, { bytesMax, totalTimeoutMs: deadlines.callMs, trusted, signal })
          const fetchTraced = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
            try {
              const response = await capped(input, init)
              trace.status = response.status
              trace.failure = undefined
              if (response.ok) lastBody = await readJson(response.clone())
              return response
            } catch (error) {
              trace.failure = error
              // Not our error itself: the SDK would take its `status` for the upstream's and try a redirect again.
              throw new Error('the request failed', { cause: error })
            }
          }
          const client = new Pinecone({
            apiKey,
            controllerHostUrl: controllerUrl,
            maxRetries: 1,
            fetchApi: Object.assign(fetchTraced, { preconnect: () => undefined }),
          })
          return work(client, () => lastBody)
        },
      )
    } catch (error) {
      if (signal.aborted) throw signal.reason
      throw classifyPineconeFailure(trace, error)
    }
  }

  async function describe(request: { apiKey: string; index: string; signal: AbortSignal }): Promise<PineconeIndex> {
    return call(request, true, async (client, lastBody) => {
      await client.indexes.describe(request.index)
      const index = readIndexDescription(lastBody())
      if (!index) throw makeRetrievalFailure('malformed')
      return index
    })
  }

  /** Runs data-plane work at the index's host; once more with a fresh host when the remembered one failed. */
  async function atIndex<T>(
    request: Call & { index: string },
    work: (client: Pinecone, host: string) => Promise<T>,
  ): Promise<T> {
    const key = `${new Bun.CryptoHasher('sha256').update(request.apiKey).digest('hex')}/${request.index}`
    const known = hosts.get(key)
    if (known && known.expiresAtMs > clock.monotonicMs()) {
      try {
        return await call(request, false, (client) => work(client, known.host))
      } catch (error) {
        if (!(error instanceof AppError) || !staleReasons.has(error.extensions.reason)) throw error
        hosts.delete(key)
      }
    }
    const { host } = await describe(request)
    const result = await call(request, false, (client) => work(client, host))
    // Remembered only once it has answered.
    if (hosts.size >= hostsMax) hosts.clear()
    hosts.set(key, { host, expiresAtMs: clock.monotonicMs() + hostLifetimeMs })
    return result
  }

  function query(request: PineconeQuery): Promise<PineconeMatch[]> {
    const { namespace, vector, topK, filter, textField } = request
    const hasFilter = filter !== null && filter !== undefined && Object.keys(filter).length > 0
    return atIndex(request, async (client, host) => {
      const { matches } = await client
        .index({ host, namespace: namespace ?? '' })
        .query({ vector, topK, includeMetadata: true, ...(hasFilter ? { filter } : {}) })
      return matches.map(({ id, score = 0, metadata = {} }) => {
        const text = metadata[textField]
        return { id, score, text: typeof text === 'string' ? text : '', metadata }
      })
    })
  }

  return {
    query,
    describe,
    async upsert(request) {
      const { records, namespace } = request
      await atIndex(request, (client, host) => client.index({ host, namespace: namespace ?? '' }).upsert({ records }))
    },
    async remove(request) {
      const { ids, namespace } = request
      await atIndex(request, (client, host) => client.index({ host, namespace: namespace ?? '' }).deleteMany({ ids }))
    },
    testConnection: (request) =>
      testPineconeConnection(request, {
        clock,
        timeoutMs: deadlines.testMs,
        listIndexes: (signal) =>
          call({ apiKey: request.apiKey, signal }, true, async (client, lastBody) => {
            await client.indexes.list()
            return readIndexes(lastBody())
          }),
        describe: (signal) => describe({ ...request, signal }),
        countVectors: (signal) =>
          atIndex({ ...request, signal }, async (client, host) => {
            const namespaces = new Map(
              Object.entries((await client.index({ host }).describeIndexStats()).namespaces ?? {}),
            )
            // The default namespace has two names, by the API's version.
            const found = request.namespace
              ? namespaces.get(request.namespace)
              : (namespaces.get('') ?? namespaces.get('__default__'))
            return found?.recordCount ?? 0
          }),
        query: (signal, vector) => query({ ...request, vector, topK: 1, signal }),
      }),
  }
}

/** Undefined for what is no JSON: whether that is a failure is the SDK's to say. */
async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    return undefined
  }
}

function readIndexes(body: unknown): PineconeIndex[] {
  if (typeof body !== 'object' || body === null || !('indexes' in body) || !Array.isArray(body.indexes)) return []
  return body.indexes.flatMap((index: unknown) => readIndexDescription(index) ?? [])
}
