import type { RetrievalMode } from '../../panels/retrieval-choice.tsx'
import type { Tenant, TenantChanges } from '../../panels/tenant.queries.ts'

/** The settings of retrieval as the server takes them. */
export type RetrievalSettings = Required<
  Pick<
    TenantChanges,
    'retrieval' | 'retrieval_top_k' | 'retrieval_score_min' | 'retrieval_weights' | 'retrieval_filter'
  >
>

/** The settings of retrieval as they are typed. */
export interface RetrievalFields {
  retrieval: RetrievalMode
  retrieval_top_k: string
  retrieval_score_min: string
  keyword_weight: string
  semantic_weight: string
  /** JSON; empty is none. */
  retrieval_filter: string
}

/** The names of the fields, in their order on the page. */
export const fieldNames = [
  'retrieval',
  'retrieval_top_k',
  'retrieval_score_min',
  'keyword_weight',
  'semantic_weight',
  'retrieval_filter',
] as const satisfies readonly (keyof RetrievalFields)[]

const weightMax = 100

/** What stands in the fields for a tenant's settings. */
export function readFields(tenant: Pick<Tenant, keyof RetrievalSettings>): RetrievalFields {
  const { retrieval_weights: weights, retrieval_filter: filter } = tenant
  return {
    retrieval: tenant.retrieval ?? 'automatic',
    retrieval_top_k: String(tenant.retrieval_top_k),
    retrieval_score_min: tenant.retrieval_score_min === null ? '' : String(tenant.retrieval_score_min),
    keyword_weight: weights ? String(weights.keyword) : '',
    semantic_weight: weights ? String(weights.semantic) : '',
    retrieval_filter: filter ? JSON.stringify(filter, null, 2) : '',
  }
}

/** What the fields mean; undefined while one of them cannot be saved. */
export function readSettings(fields: RetrievalFields): RetrievalSettings | undefined {
  if (fieldNames.some((name) => checkField(name, fields) !== true)) return undefined
  const { keyword_weight: keyword, semantic_weight: semantic } = fields
  const score = fields.retrieval_score_min.trim()
  const filter = fields.retrieval_filter.trim()
  return {
    retrieval: fields.retrieval === 'automatic' ? null : fields.retrieval,
    retrieval_top_k: Number(fields.retrieval_top_k),
    retrieval_score_min: score === '' ? null : Number(score),
    retrieval_weights:
      keyword.trim() === '' && semantic.trim() === ''
        ? null
        : { keyword: readWeight(keyword), semantic: readWeight(semantic) },
    retrieval_filter: filter === '' ? null : JSON.parse(filter),
  }
}

/** For a form's `validate`: true, or why this cannot be saved. */
export function checkField(name: keyof RetrievalFields, fields: RetrievalFields): string | true {
  const text = fields[name].trim()
  switch (name) {
    case 'retrieval':
      return true
    case 'retrieval_top_k':
      return (/^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= 50) || 'Enter a whole number from 1 to 50.'
    case 'retrieval_score_min':
      return (
        (Number.isFinite(Number(text)) && Math.abs(Number(text)) <= 1_000_000) || 'Enter a number, or leave it empty.'
      )
    case 'retrieval_filter':
      return checkFilter(text)
    default:
      return checkWeight(text, fields)
  }
}

function checkWeight(text: string, fields: RetrievalFields): string | true {
  const weight = readWeight(text)
  if (!Number.isFinite(weight) || weight < 0 || weight > weightMax) return `Enter a number from 0 to ${weightMax}.`
  const areBothNone = readWeight(fields.keyword_weight) === 0 && readWeight(fields.semantic_weight) === 0
  return areBothNone ? 'One of the weights must be more than 0.' : true
}

function checkFilter(text: string): string | true {
  if (text === '') return true
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'Write an object: {"lang": "en"}.'
    return JSON.stringify(value).length <= 10_000 || 'At most 10,000 characters.'
  } catch {
    return 'This is not JSON. Write an object: {"lang": "en"}.'
  }
}

/** A weight that is left out counts once. */
function readWeight(text: string): number {
  return text.trim() === '' ? 1 : Number(text)
}
