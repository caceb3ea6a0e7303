import { bodyTimeout, bodyTooLarge, bodyUnreadable } from '../platform/egress-body.ts'
import { addressRefused, redirectRefused, upstreamUnreachable } from '../platform/egress.ts'
import { type AppError, defineError } from '../platform/errors.ts'

/** 502: the vector index gave no result; `extensions.reason` is a `RetrievalFailureReason`. */
export const retrievalFailed = defineError({
  code: 'retrieval.failed',
  status: 502,
  title: 'The knowledge index could not be searched',
})

const sentences = {
  key_refused: 'Pinecone refused the API key.',
  index_not_found: 'Pinecone has no such index for this key.',
  rate_limited: 'Pinecone is limiting requests.',
  request_refused: 'Pinecone refused the request; the vector dimension or the filter does not fit the index.',
  provider_failing: 'Pinecone is failing.',
  unreachable: 'Pinecone cannot be reached.',
  address_refused: 'The index leads to this machine or to a private network.',
  redirected: 'Pinecone answered with a redirect.',
  timeout: 'Pinecone did not answer in time.',
  too_large: 'Pinecone sent more than can be read.',
  malformed: 'Pinecone sent an answer that cannot be read.',
} as const

/** Why there is no result; for health records, never upstream text. */
export type RetrievalFailureReason = keyof typeof sentences

/** Makes `retrieval.failed` with the safe sentence of its reason. */
export function makeRetrievalFailure(reason: RetrievalFailureReason, cause?: unknown): AppError {
  return retrievalFailed({ detail: sentences[reason], cause, extensions: { reason } })
}

/** What a call through the SDK showed on its way: the SDK's own errors carry upstream text and addresses. */
export interface CallTrace {
  /** Of the last answer; 0 before any. */
  status: number
  /** What our fetch threw last. */
  failure: unknown
}

/** The error of a failed call, from what our fetch saw. */
export function classifyPineconeFailure(trace: CallTrace, thrown: unknown): AppError {
  if (retrievalFailed.is(thrown)) return thrown
  return makeRetrievalFailure(reasonOf(trace), trace.failure ?? describeThrown(thrown))
}

function reasonOf({ status, failure }: CallTrace): RetrievalFailureReason {
  if (addressRefused.is(failure)) return 'address_refused'
  if (redirectRefused.is(failure)) return 'redirected'
  if (bodyTooLarge.is(failure)) return 'too_large'
  if (bodyTimeout.is(failure)) return 'timeout'
  if (bodyUnreadable.is(failure)) return 'malformed'
  if (upstreamUnreachable.is(failure) || failure !== undefined) return 'unreachable'
  if (status === 401 || status === 403) return 'key_refused'
  if (status === 404) return 'index_not_found'
  if (status === 429) return 'rate_limited'
  if (status >= 500) return 'provider_failing'
  if (status >= 400) return 'request_refused'
  // A 2xx the SDK could not read, or a request it refused to send.
  return status === 0 ? 'request_refused' : 'malformed'
}

/** The SDK's messages repeat upstream text: only the kind of error goes to the log. */
function describeThrown(thrown: unknown): Error {
  return new Error(thrown instanceof Error ? `the Pinecone SDK threw ${thrown.name}` : 'the Pinecone SDK threw')
}
