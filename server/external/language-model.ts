/** Who answers. `openai-compatible` is any server with OpenAI's /chat/completions; `offline` is built in. */
export type ModelProvider = 'openai' | 'deepseek' | 'openai-compatible' | 'offline'

/** Where one call goes, and with which key. */
export interface ModelTarget {
  provider: ModelProvider
  /** With the version path, such as `https://api.openai.com/v1`. Empty for `offline`. */
  baseUrl: string
  apiKey: string
  model: string
  /** True only for an address from the operator's environment; a tenant's address is checked on every call. */
  trusted: boolean
}

/** One turn as the provider gets it. */
export interface ChatMessage {
  role: 'system' | 'user' | 'assistant'
  content: string
}

/** Tokens as the provider counted them; `cachedTokens` is the part of `promptTokens` that cost less. */
export interface ModelUsage {
  promptTokens: number
  completionTokens: number
  cachedTokens: number
}

/** What a stream gives: texts, then exactly one end. */
export type ModelEvent =
  | { type: 'text'; text: string }
  | { type: 'end'; finishReason: string; usage: ModelUsage | null }

/** How long a stream may take; each is its own `deadline` in `model.timeout`. */
export interface ModelDeadlines {
  /** From the call to the first token, the wait for headers included. */
  firstTokenMs: number
  /** Without a complete event while somebody waits for one. */
  idleMs: number
  totalMs: number
}

/** A numbered source, as the prompt shows it. */
export interface ModelPassage {
  n: number
  title: string | null
  excerpt: string
}

/** How a model picks its words, in the names and bounds of OpenAI's API; what is left out is the provider's own. */
export interface ModelSampling {
  temperature?: number
  top_p?: number
  presence_penalty?: number
  frequency_penalty?: number
  seed?: number
  stop?: string | string[]
}

/** One call of a model. */
export interface ModelRequest {
  target: ModelTarget
  messages: ChatMessage[]
  maxOutputTokens: number
  sampling?: ModelSampling
  /** The caller's: when it aborts, the upstream connection is closed at once. */
  signal: AbortSignal
  deadlines?: Partial<ModelDeadlines>
  /** What the offline provider quotes from; other providers have it in the prompt. */
  passages?: ModelPassage[]
}

/** An answer under way. Not for concurrent readers. */
export interface ModelStream {
  /**
   * The next event. After `end` it must not be called. Rejects with `model.upstream_error` or `model.timeout`, or with
   * the signal's reason when the caller aborted; every later call rejects the same way.
   */
  read(): Promise<ModelEvent>
  /**
   * Bytes that were generated and are in no text that `read` gave, such as what a model thinks aloud: they are charged
   * like those that are.
   */
  readonly unsaidBytes: number
  /** Closes the upstream connection. Idempotent; needed unless `read` gave `end` or rejected. */
  close(): void
}

/** The port to chat models. */
export interface LanguageModel {
  /**
   * Resolves when the provider has answered 2xx with an event stream; everything before is thrown, as
   * `model.upstream_error` 502 or `model.timeout` 504 (design §5). At most one retry, never after the headers.
   */
  openStream(request: ModelRequest): Promise<ModelStream>
}
