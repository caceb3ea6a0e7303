import { placeholders, type Snippet, type SnippetFacts } from './snippet.ts'

/** A client with types and without dependencies, for browsers, Node.js, Deno and Bun. */
export function writeTypeScriptClient(): Snippet {
  return {
    title: 'The client, with types',
    lead: 'No dependency; for browsers, Node.js 20 and later, Deno and Bun. It renews its tokens by itself, once for all calls that wait.',
    file: 'tenantry.ts',
    code: `export interface Source {
  n: number
  document_id: string | null
  chunk_id: string | null
  title: string | null
  url: string | null
  excerpt: string
  start: number | null
  end: number | null
  score: number | null
}

export interface Usage {
  model: string
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  /** Millionths of a US dollar; null when no price is known. */
  cost_micro_usd: number | null
  usage_source: 'provider' | 'estimated'
}

export interface Degraded {
  from: string
  to: string
  code: string
}

export type ChatEvent =
  | { event: 'start'; data: { stream_id: string; session_id: string; message_id: string } }
  | { event: 'sources'; data: { sources: Source[]; mode: string; degraded: Degraded | null } }
  | { event: 'delta'; data: { text: string } }
  | { event: 'usage'; data: Usage }
  | { event: 'done'; data: { finish_reason: string; message_id: string; cited: number[] } }

/** application/problem+json, also as the data of an error event. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  /** Stable, such as limit.requests_per_minute. */
  code: string
  request_id: string
  errors?: { path: string; message: string }[]
}

export class TenantryError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail)
    this.name = 'TenantryError'
  }
}

interface Tokens {
  access_token: string
  refresh_token: string
}

export class Tenantry {
  #tokens: Tokens | undefined
  #renewal: Promise<void> | undefined
  readonly #api: string
  readonly #tenant: string

  constructor(options: { api: string; tenant: string }) {
    this.#api = options.api
    this.#tenant = options.tenant
  }

  async signIn(email: string, password: string): Promise<void> {
    const response = await this.#post('/auth/login', { email, password }, { 'x-tenant': this.#tenant })
    this.#tokens = (await response.json()) as Tokens
  }

  async signOut(): Promise<void> {
    await this.#postSignedIn('/auth/logout')
    this.#tokens = undefined
  }

  /** Streams an answer. Aborting the signal, or leaving the loop, stops the model too. */
  async *ask(
    message: string,
    options: { sessionId?: string; signal?: AbortSignal } = {},
  ): AsyncGenerator<ChatEvent, void, undefined> {
    const body = { message, session_id: options.sessionId }
    const response = await this.#postSignedIn('/chat/stream', body, options.signal)
    if (!response.body) throw new Error('The answer has no body.')
    for await (const { event, data } of readEvents(response.body)) {
      if (event === 'ping') continue // a sign of life after 10 s of silence
      const parsed: unknown = JSON.parse(data)
      if (event === 'error') throw new TenantryError(parsed as Problem)
      yield { event, data: parsed } as ChatEvent
      if (event === 'done') return
    }
    throw new Error('The answer was cut.')
  }

  async #postSignedIn(path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    const send = () =>
      this.#post(path, body, { authorization: \`Bearer \${this.#tokens?.access_token}\` }, signal)
    try {
      return await send()
    } catch (error) {
      if (!(error instanceof TenantryError) || error.problem.status !== 401 || !this.#tokens) throw error
      this.#renewal ??= this.#renew().finally(() => (this.#renewal = undefined))
      await this.#renewal
      return send()
    }
  }

  async #renew(): Promise<void> {
    const response = await this.#post('/auth/refresh', { refresh_token: this.#tokens?.refresh_token })
    this.#tokens = (await response.json()) as Tokens
  }

  async #post(
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
    signal?: AbortSignal,
  ): Promise<Response> {
    const response = await fetch(this.#api + path, {
      method: 'POST',
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    })
    if (!response.ok) throw new TenantryError((await response.json()) as Problem)
    return response
  }
}

async function* readEvents(body: ReadableStream<Uint8Array>) {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const frames = (rest + decoder.decode(value, { stream: true })).split('\\n\\n')
      rest = frames.pop() ?? ''
      for (const frame of frames) {
        const event = /^event: ?(.*)$/m.exec(frame)?.[1]
        const data = /^data: ?(.*)$/m.exec(frame)?.[1]
        if (event !== undefined && data !== undefined) yield { event, data }
      }
    }
  } finally {
    reader.cancel().catch(() => undefined)
  }
}`,
  }
}

/** How the client is used: every event, and how an answer is stopped. */
export function writeClientUse(facts: SnippetFacts): Snippet {
  return {
    title: 'Sign in and ask',
    lead: 'Every event there is, and how an answer is stopped. It uses the client below.',
    file: 'main.ts',
    code: `import { Tenantry, TenantryError } from './tenantry.ts'

const tenantry = new Tenantry({ api: '${facts.address}', tenant: '${facts.tenantId}' })
const stopping = new AbortController() // stopping.abort() stops the answer

try {
  await tenantry.signIn('${placeholders.email}', '${placeholders.password}')
  let sessionId: string | undefined
  let text = ''
  const answer = tenantry.ask('What can you help me with?', { sessionId, signal: stopping.signal })
  for await (const { event, data } of answer) {
    switch (event) {
      case 'start':
        sessionId = data.session_id // send it with the next question
        break
      case 'sources':
        for (const { n, title } of data.sources) console.log(\`[\${n}] \${title ?? 'untitled'}\`)
        break
      case 'delta':
        text += data.text // render it as text or safe Markdown, never as HTML
        break
      case 'usage':
        console.log(\`\${data.total_tokens} tokens of \${data.model}\`)
        break
      case 'done':
        console.log(\`\${text} (\${data.finish_reason})\`)
    }
  }
} catch (error) {
  if (!(error instanceof TenantryError)) throw error
  console.error(error.problem.code, error.problem.detail)
}`,
  }
}
