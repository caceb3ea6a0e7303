import type { StateKind } from '../../ui/state.tsx'
import type { TenantOverview } from './tenant-overview.queries.ts'

/** A line of the connections: what it is, how it is, and what to know of a failure. */
export interface ConnectionLine {
  name: string
  kind: StateKind
  /** “gpt-4.1-mini”, “not connected”. */
  words: string
  /** When it last worked. */
  workedAt?: string
  note?: string
  failure?: { since: string; detail: string; affected: number }
}

const offline = 'offline'

/** The model and Pinecone of a tenant, as they did the last time they were used, and its database when that fails. */
export function describeConnections(
  overview: Pick<TenantOverview, 'connections' | 'effective'>,
): readonly ConnectionLine[] {
  const { provider, model, pinecone_index: index } = overview.effective
  return [
    provider === offline
      ? { name: 'Model', kind: 'fine', words: 'Offline model', note: 'needs no connection' }
      : describeOne({
          name: 'Model',
          words: model ?? 'none chosen',
          missing: provider === null || model === null ? 'needed' : undefined,
          state: overview.connections.find(({ connection }) => connection === 'model'),
        }),
    describeOne({
      name: 'Pinecone',
      words: index ?? 'not connected',
      missing: index === null ? 'optional' : undefined,
      state: overview.connections.find(({ connection }) => connection === 'pinecone'),
    }),
    ...describeDatabase(overview),
  ]
}

/** Nobody set it up here, so it is silent unless it fails; what was refused meanwhile is not counted. */
function describeDatabase({ connections }: Pick<TenantOverview, 'connections'>): readonly ConnectionLine[] {
  const state = connections.find(({ connection }) => connection === 'database')
  if (!state?.failing_since) return []
  const words = 'its own database'
  return [describeOne({ name: 'Database', words, missing: undefined, state: { ...state, affected: 0 } })]
}

function describeOne(options: {
  name: string
  words: string
  /** Set when there is nothing to call. */
  missing: 'needed' | 'optional' | undefined
  state: TenantOverview['connections'][number] | undefined
}): ConnectionLine {
  const { name, words, missing, state } = options
  const workedAt = state?.last_success_at ?? undefined
  if (state?.failing_since) {
    const { failing_since: since, detail, affected } = state
    const failure = { since, detail: detail ?? 'The connection failed.', affected }
    return { name, kind: 'failed', words, failure }
  }
  if (missing === 'needed') return { name, kind: 'attention', words }
  if (missing === 'optional') return { name, kind: 'suspended', words }
  // What was never used is not known to work.
  if (workedAt === undefined) return { name, kind: 'suspended', words, note: 'not used yet' }
  return { name, kind: 'fine', words, workedAt }
}
