import { formatAge } from '../../lib/format.ts'
import { formatPlural } from '../../lib/numbers.ts'
import type { ConnectionKind } from '../../panels/connection-fields.ts'
import type { ConnectionState, TenantOverview } from '../../panels/connection-health.ts'
import type { Tenant } from '../../panels/tenant.queries.ts'
import type { StateKind } from '../../ui/state.tsx'

type InUse = Pick<TenantOverview['effective'], 'provider' | 'model' | 'retrieval'>
type Keys = Pick<Tenant, 'model_api_key' | 'pinecone_api_key'>

/** How a connection does, in words. */
export interface Health {
  kind: StateKind
  /** “Working”, “Failing since 2 h ago”. */
  words: string
  /** What else there is to know: when it last worked, or what the failure did. */
  note: string | undefined
  /** What failed. */
  detail: string | undefined
}

const providerNames: Record<string, string> = {
  openai: 'OpenAI',
  deepseek: 'DeepSeek',
  'openai-compatible': 'a compatible server',
  offline: 'the built-in offline model',
}

/** What is known of a connection from real answers and tests; `state` is undefined when it was never used. */
export function describeHealth(options: {
  state: ConnectionState | undefined
  /** Whether there is anything to use. */
  isSetUp: boolean
  now: Date
}): Health {
  const { state, isSetUp, now } = options
  if (state?.failing_since) {
    const last =
      state.last_success_at === null
        ? 'It never worked.'
        : `It last worked ${formatAge({ time: state.last_success_at, now })}.`
    return {
      kind: 'failed',
      words: `Failing since ${formatAge({ time: state.failing_since, now })}`,
      note: `${describeAffected(state)} ${last}`,
      detail: state.detail ?? undefined,
    }
  }
  if (isSetUp && state?.last_success_at) {
    const note = `last answered ${formatAge({ time: state.last_success_at, now })}`
    return { kind: 'fine', words: 'Working', note, detail: undefined }
  }
  return { kind: 'suspended', words: isSetUp ? 'Not used yet' : 'Not connected', note: undefined, detail: undefined }
}

/** Whether a connection has what it needs to be used: a provider, or an index that is searched. */
export function isSetUp(kind: ConnectionKind, options: { tenant: Keys; effective: InUse }): boolean {
  const { tenant, effective } = options
  if (kind === 'model') return effective.provider !== null
  return tenant.pinecone_api_key.set || effective.retrieval === 'hybrid'
}

/** Who answers as things are stored: “OpenAI, gpt-4o-mini, with the platform’s key”. */
export function describeModelInUse(tenant: Keys, effective: InUse): string {
  const { provider, model } = effective
  if (provider === null) return 'Nobody answers: it has no key of its own, and the platform has no model.'
  if (provider === 'offline') return 'Answers come from the built-in offline model.'
  const whose = tenant.model_api_key.set ? 'its own key' : 'the platform’s key'
  return `Answers come from ${providerNames[provider] ?? provider}, ${model ?? 'no model named'}, with ${whose}.`
}

/** How passages are found as things are stored. */
export function describeRetrievalInUse(effective: InUse): string {
  const sentences: Record<string, string> = {
    hybrid: 'Passages are found by Pinecone and by keyword, merged by rank.',
    semantic: 'Passages are found by Pinecone alone.',
    keyword: 'Passages are found by keyword in its own documents; Pinecone is not asked.',
    off: 'No passages are looked for.',
  }
  return sentences[effective.retrieval] ?? `Retrieval is ${effective.retrieval}.`
}

function describeAffected({ connection, affected }: ConnectionState): string {
  if (affected === 0) return 'No answer was affected.'
  return `${formatPlural(affected, 'answer')} ${connection === 'model' ? 'failed' : 'failed or fell back to keyword'}.`
}
