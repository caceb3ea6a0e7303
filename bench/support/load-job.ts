/** What the load generator is told to do: each connection sends its own request again and again. */
export interface LoadJob {
  host: string
  port: number
  /** Whole HTTP/1.1 requests; connection `n` sends the `n`-th (modulo their number). */
  requests: string[]
  connections: number
  /** No request starts later than this; those under way are read to their end. 0 sends one request a connection. */
  durationMs: number
  /** The connections start at even distances over this time. */
  spreadMs: number
  /** Between two requests of a connection, at random up to this: otherwise streams that ended together stay together. */
  pauseMsMax: number
  /** A request that takes longer is lost. */
  timeoutMs: number
  /** The first occurrence of this text in an answer is its first token. */
  firstMark?: string
  /** An answer that ends without this text has lost its end. */
  endMark?: string
}

/** What came of it. */
export interface LoadResult {
  completed: number
  /** Answered with another status than 200, or with an `error` event. */
  failed: number
  /** Ended without `endMark`, broke, or took too long. */
  lost: number
  /** From the sending of each request to its first token, in milliseconds. */
  firstMs: number[]
  elapsedMs: number
  /** The first answer that was no success, for the eye. */
  sample?: string
}
