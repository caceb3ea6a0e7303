import type { Egress } from '../platform/egress.ts'
import { callWithDeadline } from './call-deadline.ts'
import type { ModelTarget } from './language-model.ts'
import { makeModelFailure, makeModelTimeout } from './model-errors.ts'
import { classifySdkError, createOpenAiClient } from './openai-client.ts'
import { readCount } from './sse-frame.ts'

/** Dimensions of the embedding models that are known; others tell theirs by their first vector. */
export const embeddingDimensions: Readonly<Record<string, number>> = {
  'text-embedding-3-small': 1536,
  'text-embedding-3-large': 3072,
  'text-embedding-ada-002': 1536,
}

/** Where texts are embedded, and with which key and model. */
export type EmbeddingTarget = Pick<ModelTarget, 'baseUrl' | 'apiKey' | 'model' | 'trusted'>

/** The port to embedding models. */
export interface Embeddings {
  /**
   * Embeds up to 2,048 texts in one call: one vector each, in order. 10 s in all, at most one retry. Throws
   * `model.upstream_error`, `model.timeout`, or the signal's reason. `promptTokens` is null when nobody counted them.
   */
  embed(request: {
    target: EmbeddingTarget
    inputs: string[]
    signal: AbortSignal
  }): Promise<{ vectors: number[][]; promptTokens: number | null }>
}

const timeoutMsDefault = 10_000
const bytesPerInputMax = 128 * 1024
const bytesMin = 1024 * 1024

/** Makes the adapter over the openai SDK and the guarded fetch. */
export function createEmbeddings(options: { egress: Egress; timeoutMs?: number }): Embeddings {
  const { egress, timeoutMs = timeoutMsDefault } = options
  return {
    async embed({ target, inputs, signal }) {
      if (inputs.length === 0) return { vectors: [], promptTokens: 0 }
      const bytesMax = bytesMin + inputs.length * bytesPerInputMax
      const client = createOpenAiClient({ egress, target, bytesMax, timeoutMs, retriesMax: 1 })
      try {
        const response = await callWithDeadline(
          { timeoutMs, signal, makeTimeout: () => makeModelTimeout('total') },
          (signal) => client.embeddings.create({ model: target.model, input: inputs }, { signal }),
        )
        const vectors = orderVectors(response, inputs.length)
        if (vectors === undefined) throw makeModelFailure('malformed')
        const promptTokens = readCount(response.usage?.prompt_tokens)
        return { vectors, promptTokens }
      } catch (error) {
        if (signal.aborted) throw signal.reason
        throw classifySdkError(error)
      }
    },
  }
}

/** One finite vector for each input, all of one length; anything else would store nonsense for good. */
function orderVectors(response: unknown, count: number): number[][] | undefined {
  if (typeof response !== 'object' || response === null || !('data' in response)) return undefined
  const { data } = response
  if (!Array.isArray(data) || data.length !== count) return undefined
  const byIndex = new Map<number, number[]>()
  let dimension: number | undefined
  for (const [at, item] of data.entries()) {
    const entry: unknown = item
    if (typeof entry !== 'object' || entry === null || !('embedding' in entry)) return undefined
    const { embedding } = entry
    if (!isVector(embedding)) return undefined
    dimension ??= embedding.length
    if (embedding.length !== dimension) return undefined
    byIndex.set('index' in entry && typeof entry.index === 'number' ? entry.index : at, embedding)
  }
  const vectors = Array.from({ length: count }, (_, at) => byIndex.get(at)).filter((vector) => vector !== undefined)
  return vectors.length === count ? vectors : undefined
}

function isVector(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((part: unknown) => typeof part === 'number' && Number.isFinite(part))
  )
}
