import { formatCount, formatMoney } from '../../lib/numbers.ts'
import { limitNames, limitTitles } from '../../panels/limit-names.ts'
import type { TenantOverview } from './tenant-overview.queries.ts'

/** A change of a tenant, as the audit log has it. */
export type Change = TenantOverview['changes'][number]

/** What was done, in words, and the prompt version it made. */
export interface ToldChange {
  words: string
  version?: number
}

const actionWords: Record<string, string> = {
  'tenant.created': 'Created',
  'tenant.imported': 'Imported',
  'tenant.moved': 'Moved',
}

const fieldNames: Record<string, string> = {
  name: 'Name',
  registration: 'Registration',
  retrieval: 'Retrieval',
  retrieval_top_k: 'Passages retrieved',
  retrieval_score_min: 'Least score',
  retrieval_weights: 'Retrieval weights',
  retrieval_filter: 'Retrieval filter',
  pinecone_environment: 'Pinecone region',
  pinecone_index: 'Pinecone index',
  pinecone_namespace: 'Pinecone namespace',
  pinecone_text_field: 'Pinecone text field',
  embedding_model: 'Embedding model',
  model_provider: 'Model provider',
  model: 'Model',
  model_base_url: 'Model address',
  max_output_tokens: 'Longest answer',
  isolation: 'Isolation',
  owner_id: 'Owner',
  limits: 'Limits',
}

const keyNames: Record<string, string> = { model_api_key: 'Model key', pinecone_api_key: 'Pinecone key' }
const shownFieldsMax = 3

/** Tells a change in a few words: “Prompt v12 made live”, “Model set to gpt-4.1”, “Pinecone key replaced”. */
export function describeChange({ action, fields, values }: Change): ToldChange {
  const version = typeof values.version === 'number' ? values.version : undefined
  if (version !== undefined) {
    const restored = values.restored_version
    return action === 'tenant.prompt_restored' && typeof restored === 'number'
      ? { words: `Prompt v${restored} restored as v${version}`, version }
      : { words: `Prompt v${version} made live`, version }
  }
  if (action !== 'tenant.updated') return { words: actionWords[action] ?? sayAction(action) }
  if (values.is_active !== undefined) return { words: values.is_active === true ? 'Activated' : 'Suspended' }
  const [first, ...others] = fields
  if (first === undefined) return { words: 'Settings saved, nothing changed' }
  if (others.length > 0) return { words: listFields(fields) }
  const limit = describeLimit(first, values[first])
  if (limit !== undefined) return { words: limit }
  const key = keyNames[first]
  if (key !== undefined) return { words: `${key} replaced` }
  if (first === 'name' && typeof values.name === 'string') return { words: `Renamed to ${values.name}` }
  // Its value is an id, which tells nobody who that is.
  if (first === 'owner_id') return { words: values.owner_id === null ? 'Owner removed' : 'Owner changed' }
  return { words: `${nameField(first)} ${sayValue(values[first])}` }
}

function sayValue(value: Change['values'][string] | undefined): string {
  if (value === undefined) return 'changed'
  if (value === null) return 'set to automatic'
  return `set to ${typeof value === 'number' ? formatCount(value) : String(value)}`
}

/** “Cost a month limited to $2,000.00”; undefined for what is no limit. */
function describeLimit(path: string, amount: Change['values'][string] | undefined): string | undefined {
  const parts = path.split('.')
  const name = limitNames.find((one) => one === parts.at(-1))
  if (parts[0] !== 'limits' || name === undefined) return undefined
  const whose = parts.includes('per_user') ? `${limitTitles[name]} of each user` : limitTitles[name]
  const warns = parts.includes('soft')
  if (typeof amount !== 'number') return warns ? `${whose}: no warning of its own` : `${whose}: no limit of its own`
  const shown = name === 'cost_per_month_micro_usd' ? formatMoney(amount) : formatCount(amount)
  return `${whose} ${warns ? 'warns at' : 'limited to'} ${shown}`
}

function listFields(changed: readonly string[]): string {
  if (changed.every((field) => field.startsWith('limits.'))) return `${changed.length} limits changed`
  const fields = [...new Set(changed.map((field) => (field.startsWith('limits.') ? 'limits' : field)))]
  const names = fields.slice(0, shownFieldsMax).map((field, at) => lowerAfterFirst({ name: nameField(field), at }))
  const rest = fields.length - names.length
  if (rest > 0) return `${names.join(', ')} and ${rest} more changed`
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)} changed`
}

function lowerAfterFirst(options: { name: string; at: number }): string {
  const { name, at } = options
  return at === 0 || name.startsWith('Pinecone') ? name : name.slice(0, 1).toLowerCase() + name.slice(1)
}

function nameField(field: string): string {
  return fieldNames[field] ?? keyNames[field] ?? sayAction(field)
}

/** An action or field without words of its own: “tenant_user.updated” → “Tenant user updated”. */
function sayAction(action: string): string {
  const words = action.replaceAll(/[._]/g, ' ')
  return words.slice(0, 1).toUpperCase() + words.slice(1)
}
