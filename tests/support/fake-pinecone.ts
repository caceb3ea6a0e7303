import { upstreamCanary } from './fake-openai-answers.ts'
import { fakeEmbedding } from './fake-embedding.ts'

/** What the fake does instead of answering; `on` is the plane it concerns (default: both). */
export interface FakePineconeBehaviour {
  on?: 'control' | 'data'
  status?: number
  stall?: boolean
  html200?: boolean
  endlessBody?: boolean
  redirectTo?: string
  delayMs?: number
}

/** An index of the fake and its vectors. */
export interface FakeIndexOptions {
  name: string
  /** Keys that may use it. */
  apiKey: string
  dimension?: number
  metric?: string
  /** Default: serverless in aws us-east-1. A pod index has an `environment`. */
  spec?: { cloud: string; region: string } | { environment: string }
  ready?: boolean
  /** Default: this fake's own address. */
  host?: string
}

/** One request the fake saw. */
export interface FakePineconeRequest {
  method: string
  path: string
  headers: Record<string, string>
  body: unknown
  aborted: boolean
}

/** A text to index; its vector is `fakeEmbedding(text)`, its metadata gets the text under `textField`. */
export interface FakePassage {
  namespace?: string
  id: string
  text: string
  metadata?: Record<string, unknown>
  textField?: string
}

/** Pinecone's control and data plane on one loopback port. */
export interface FakePinecone {
  /** For `PINECONE_CONTROLLER_URL`. */
  url: string
  requests: FakePineconeRequest[]
  addIndex(options: FakeIndexOptions): void
  removeIndex(name: string): void
  seed(index: string, passages: FakePassage[]): void
  /** Vectors in a namespace. */
  count(index: string, namespace?: string): number
  behave(behaviour: FakePineconeBehaviour, options?: { sticky?: boolean }): void
  reset(): void
  stop(): Promise<void>
}

interface StoredVector {
  id: string
  values: number[]
  metadata?: Record<string, unknown>
}

interface FakeIndex extends Required<Omit<FakeIndexOptions, 'apiKey'>> {
  apiKeys: Set<string>
  namespaces: Map<string, Map<string, StoredVector>>
}

interface DataBody {
  namespace?: string
  vector?: number[]
  topK?: number
  filter?: Record<string, unknown>
  includeMetadata?: boolean
  includeValues?: boolean
  vectors?: StoredVector[]
  ids?: string[]
  deleteAll?: boolean
}

/** Starts the fake. The data plane of an index is told apart by its path prefix, `/data/<index>`. */
export async function startFakePinecone(options: { port?: number } = {}): Promise<FakePinecone> {
  const indexes = new Map<string, FakeIndex>()
  const requests: FakePineconeRequest[] = []
  const queue: FakePineconeBehaviour[] = []
  let sticky: FakePineconeBehaviour | undefined

  function take(plane: 'control' | 'data'): FakePineconeBehaviour {
    const isMeant = (behaviour: FakePineconeBehaviour): boolean => (behaviour.on ?? plane) === plane
    const at = queue.findIndex(isMeant)
    const [queued] = at >= 0 ? queue.splice(at, 1) : []
    return queued ?? (sticky && isMeant(sticky) ? sticky : {})
  }

  async function handle(request: Request): Promise<Response> {
    const url = new URL(request.url)
    const text = request.method === 'GET' ? '' : await request.text()
    const body: unknown = text === '' ? undefined : JSON.parse(text)
    const headers = Object.fromEntries(request.headers)
    const entry = { method: request.method, path: url.pathname, headers, body, aborted: false }
    requests.push(entry)
    request.signal.addEventListener('abort', () => {
      entry.aborted = true
    })
    const plane = url.pathname.startsWith('/data/') ? 'data' : 'control'
    const behaviour = take(plane)
    if (behaviour.delayMs !== undefined) await Bun.sleep(behaviour.delayMs)
    if (behaviour.stall) await new Promise((resolve) => request.signal.addEventListener('abort', resolve))
    const disturbed = disturb(behaviour)
    if (disturbed) return disturbed
    const key = request.headers.get('api-key') ?? ''
    return plane === 'control' ? answerControl(url, key) : answerData({ url, key, body: body as DataBody, indexes })
  }

  function answerControl(url: URL, key: string): Response {
    const owned = [...indexes.values()].filter(({ apiKeys }) => apiKeys.has(key))
    // A real key may own no index yet; the fake knows keys only by their indexes.
    if (owned.length === 0 && !knownKeys.has(key))
      return new Response(`Invalid API Key ${upstreamCanary}`, { status: 401 })
    if (url.pathname === '/indexes') return Response.json({ indexes: owned.map(describeFakeIndex) })
    const name = decodeURIComponent(url.pathname.split('/')[2] ?? '')
    const found = owned.find((index) => index.name === name)
    if (!found) return failed(404, 'NOT_FOUND')
    return Response.json(describeFakeIndex(found))
  }

  const knownKeys = new Set<string>()
  const server = Bun.serve({
    port: options.port ?? 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    development: false,
    fetch: handle,
  })
  const origin = `http://127.0.0.1:${server.port}`
  return {
    url: origin,
    requests,
    addIndex({ name, apiKey, dimension = 1536, metric = 'cosine', spec, ready = true, host }) {
      knownKeys.add(apiKey)
      indexes.set(name, {
        name,
        apiKeys: new Set([apiKey]),
        dimension,
        metric,
        spec: spec ?? { cloud: 'aws', region: 'us-east-1' },
        ready,
        host: host ?? `${origin}/data/${name}`,
        namespaces: new Map(),
      })
    },
    removeIndex: (name) => void indexes.delete(name),
    seed(index, passages) {
      const found = indexes.get(index)
      if (!found) throw new Error(`the fake has no index ${index}`)
      for (const { namespace = '', id, text, metadata = {}, textField = 'text' } of passages) {
        const values = fakeEmbedding(text, found.dimension)
        namespaceOf(found, namespace).set(id, { id, values, metadata: { ...metadata, [textField]: text } })
      }
    },
    count: (index, namespace = '') => indexes.get(index)?.namespaces.get(namespace)?.size ?? 0,
    behave(behaviour, { sticky: stays = false } = {}) {
      if (stays) sticky = behaviour
      else queue.push(behaviour)
    },
    reset() {
      queue.length = 0
      sticky = undefined
      requests.length = 0
    },
    stop: () => server.stop(true),
  }
}

/** Both shapes at once: API 2026-07 (`deployment`, `schema`) for SDK 9, and the older `spec`, `dimension`. */
function describeFakeIndex(index: FakeIndex): Record<string, unknown> {
  const { name, dimension, metric, host, spec, ready } = index
  const serverless = 'region' in spec
  return {
    name,
    dimension,
    metric,
    host,
    status: { ready, state: ready ? 'Ready' : 'Initializing' },
    spec: serverless ? { serverless: spec } : { pod: { ...spec, pod_type: 'p1.x1', pods: 1, replicas: 1, shards: 1 } },
    deployment: serverless
      ? { deployment_type: 'managed', ...spec }
      : { deployment_type: 'pod', ...spec, pod_type: 'p1.x1', replicas: 1, shards: 1 },
    schema: { fields: { _values: { type: 'dense_vector', dimension, metric } } },
    read_capacity: { mode: 'OnDemand', status: { state: 'Ready' } },
    deletion_protection: 'disabled',
    vector_type: 'dense',
  }
}

function answerData(call: { url: URL; key: string; body: DataBody; indexes: Map<string, FakeIndex> }): Response {
  const { url, key, body } = call
  const [, , name = '', ...rest] = url.pathname.split('/')
  const index = call.indexes.get(name)
  if (!index) return failed(404, 'NOT_FOUND')
  if (!index.apiKeys.has(key)) return new Response(`Unauthorized ${upstreamCanary}`, { status: 401 })
  const namespace = body?.namespace ?? url.searchParams.get('namespace') ?? ''
  const vectors = namespaceOf(index, namespace)
  switch (rest.join('/')) {
    case 'query':
      return query(index, vectors, { ...body, namespace })
    case 'describe_index_stats':
      return Response.json({
        namespaces: Object.fromEntries([...index.namespaces].map(([id, { size }]) => [id, { vectorCount: size }])),
        dimension: index.dimension,
        indexFullness: 0,
        totalVectorCount: [...index.namespaces.values()].reduce((sum, { size }) => sum + size, 0),
      })
    case 'vectors/upsert':
      for (const vector of body.vectors ?? []) {
        if (vector.values.length !== index.dimension) return failed(400, 'INVALID_ARGUMENT')
        vectors.set(vector.id, vector)
      }
      return Response.json({ upsertedCount: body.vectors?.length ?? 0 })
    case 'vectors/fetch': {
      const found = url.searchParams.getAll('ids').flatMap((id) => vectors.get(id) ?? [])
      return Response.json({ vectors: Object.fromEntries(found.map((vector) => [vector.id, vector])), namespace })
    }
    case 'vectors/delete':
      if (body.deleteAll) vectors.clear()
      for (const id of body.ids ?? []) vectors.delete(id)
      return Response.json({})
    default:
      return failed(404, 'NOT_FOUND')
  }
}

function query(index: FakeIndex, vectors: Map<string, StoredVector>, body: DataBody): Response {
  const wanted = body.vector ?? []
  if (wanted.length !== index.dimension) return failed(400, 'INVALID_ARGUMENT')
  const matches = [...vectors.values()]
    .filter((vector) => passes(vector.metadata ?? {}, body.filter ?? {}))
    .map((vector) => ({
      id: vector.id,
      score: cosine(vector.values, wanted),
      ...(body.includeMetadata ? { metadata: vector.metadata ?? {} } : {}),
      ...(body.includeValues ? { values: vector.values } : {}),
    }))
    .sort((a, b) => b.score - a.score)
    .slice(0, body.topK ?? 10)
  return Response.json({ matches, namespace: body.namespace, usage: { readUnits: 1 } })
}

function passes(metadata: Record<string, unknown>, filter: Record<string, unknown>): boolean {
  return Object.entries(filter).every(([field, condition]) => {
    const value = metadata[field]
    if (typeof condition !== 'object' || condition === null) return value === condition
    if ('$eq' in condition) return value === condition.$eq
    if ('$ne' in condition) return value !== condition.$ne
    if ('$in' in condition && Array.isArray(condition.$in)) return condition.$in.includes(value)
    return true
  })
}

function cosine(a: number[], b: number[]): number {
  let dot = 0
  for (const [at, value] of a.entries()) dot += value * (b[at] ?? 0)
  return dot / (Math.hypot(...a) * Math.hypot(...b) || 1)
}

function namespaceOf(index: FakeIndex, name: string): Map<string, StoredVector> {
  // The default namespace has two names.
  const namespace = name === '__default__' ? '' : name
  const known = index.namespaces.get(namespace)
  if (known) return known
  const made = new Map<string, StoredVector>()
  index.namespaces.set(namespace, made)
  return made
}

function disturb(behaviour: FakePineconeBehaviour): Response | undefined {
  if (behaviour.redirectTo !== undefined) {
    return new Response(upstreamCanary, { status: 307, headers: { location: behaviour.redirectTo } })
  }
  if (behaviour.html200) {
    return new Response(`<html>${upstreamCanary}</html>`, { headers: { 'content-type': 'text/html' } })
  }
  if (behaviour.endlessBody) {
    const block = new TextEncoder().encode('x'.repeat(65_536))
    return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(block) }), {
      status: behaviour.status ?? 200,
    })
  }
  return behaviour.status === undefined ? undefined : failed(behaviour.status, 'FAKE')
}

function failed(status: number, code: string): Response {
  return Response.json({ error: { code, message: upstreamCanary }, status }, { status })
}
