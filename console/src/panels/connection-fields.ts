import type { Tenant, TenantChanges } from './tenant.queries.ts'

/** The connections of a tenant that its managers set up. */
export type ConnectionKind = 'model' | 'pinecone'

/** Who answers; `automatic` leaves it to the tenant's key and what the platform has. */
export const providerChoices = ['automatic', 'openai', 'deepseek', 'openai-compatible', 'offline'] as const
/** How passages are found; `automatic` is hybrid with Pinecone, else keyword. */
export const retrievalChoices = ['automatic', 'hybrid', 'semantic', 'keyword', 'off'] as const

/** The settings of both connections as they are typed; an empty text is “not set”, an empty key “as stored”. */
export interface ConnectionFields {
  model_provider: (typeof providerChoices)[number]
  model: string
  model_base_url: string
  model_api_key: string
  pinecone_api_key: string
  pinecone_index: string
  pinecone_namespace: string
  pinecone_environment: string
  pinecone_text_field: string
  embedding_model: string
  retrieval: (typeof retrievalChoices)[number]
}

/** A setting's name, here as on the wire. */
export type ConnectionField = keyof ConnectionFields

/** The settings of each connection, in the order of its form. */
export const fieldsOf = {
  model: ['model_provider', 'model_base_url', 'model_api_key', 'model'],
  pinecone: [
    'pinecone_api_key',
    'pinecone_index',
    'pinecone_namespace',
    'pinecone_environment',
    'pinecone_text_field',
    'embedding_model',
    'retrieval',
  ],
} as const satisfies Record<ConnectionKind, readonly ConnectionField[]>

/** Where each connection's key is typed. */
export const keyFieldOf = { model: 'model_api_key', pinecone: 'pinecone_api_key' } as const

/** What a tenant's connections are, as stored. */
export type StoredConnections = Pick<Tenant, 'id' | ConnectionField>

/** A tenant's settings as a form holds them. */
export function readConnectionFields(tenant: StoredConnections): ConnectionFields {
  return {
    model_provider: tenant.model_provider ?? (tenant.model_base_url === null ? 'automatic' : 'openai-compatible'),
    model: tenant.model ?? '',
    model_base_url: tenant.model_base_url ?? '',
    model_api_key: '',
    pinecone_api_key: '',
    pinecone_index: tenant.pinecone_index ?? '',
    pinecone_namespace: tenant.pinecone_namespace ?? '',
    pinecone_environment: tenant.pinecone_environment ?? '',
    pinecone_text_field: tenant.pinecone_text_field,
    embedding_model: tenant.embedding_model,
    retrieval: tenant.retrieval ?? 'automatic',
  }
}

/** Settings and the tenant they are compared with. */
export interface Drafted {
  fields: ConnectionFields
  tenant: StoredConnections
}

/**
 * Whether the settings have an address of their own: a compatible server does, and so does a vendor that is stored with
 * one. Any other choice drops it.
 */
export function hasAddress({ fields, tenant }: Drafted): boolean {
  if (fields.model_provider === 'openai-compatible') return true
  if (fields.model_provider === 'offline') return false
  return tenant.model_base_url !== null && fields.model_provider === tenant.model_provider
}

/** What `PATCH` changes of a tenant when one connection's settings are saved; empty when nothing was typed. */
export type ConnectionChanges = Pick<TenantChanges, ConnectionField>

/** The settings of a connection that differ from the tenant's. */
export function readChanges(kind: ConnectionKind, drafted: Drafted): ConnectionChanges {
  return kind === 'model' ? readModelDraft(drafted) : { ...readPineconeDraft(drafted), ...readRetrieval(drafted) }
}

/** Of the model's settings that differ, what a test may override. */
export function readModelDraft(drafted: Drafted) {
  const { tenant } = drafted
  const { model_provider, model, model_base_url, model_api_key } = readModel(drafted)
  return {
    ...(model_provider !== tenant.model_provider && { model_provider }),
    ...(model !== tenant.model && { model }),
    ...(model_base_url !== tenant.model_base_url && { model_base_url }),
    ...(model_api_key !== '' && { model_api_key }),
  }
}

/** Of Pinecone's settings that differ, what a test may override. */
export function readPineconeDraft({ fields, tenant }: Drafted) {
  const pinecone_api_key = fields.pinecone_api_key.trim()
  const pinecone_index = fields.pinecone_index.trim() || null
  const pinecone_namespace = fields.pinecone_namespace.trim() || null
  const pinecone_environment = fields.pinecone_environment.trim() || null
  const pinecone_text_field = fields.pinecone_text_field.trim()
  const embedding_model = fields.embedding_model.trim()
  return {
    ...(pinecone_api_key !== '' && { pinecone_api_key }),
    ...(pinecone_index !== tenant.pinecone_index && { pinecone_index }),
    ...(pinecone_namespace !== tenant.pinecone_namespace && { pinecone_namespace }),
    ...(pinecone_environment !== tenant.pinecone_environment && { pinecone_environment }),
    ...(pinecone_text_field !== tenant.pinecone_text_field && { pinecone_text_field }),
    ...(embedding_model !== tenant.embedding_model && { embedding_model }),
  }
}

/**
 * Why the key has to be typed although one is stored, or may be left out otherwise; undefined when it need not. A key
 * stays where it was entered: another provider or address gets it only from whoever knows it.
 */
export function explainNeededKey(drafted: Drafted): string | undefined {
  const { tenant } = drafted
  const { model_provider, model_base_url } = readModel(drafted)
  const place = nameKeyPlace({ model_provider, model_base_url })
  if (place === undefined) return undefined
  if (!tenant.model_api_key.set) {
    return hasAddress(drafted) ? 'An address of its own needs a key of its own.' : undefined
  }
  const storedFor = nameKeyPlace(tenant)
  // The offline model uses none: which place its key was entered for, only the server knows.
  if (storedFor === undefined || storedFor === place) return undefined
  return `The stored key was entered for ${storedFor} and stays there. Enter the one for ${place}.`
}

/** The place a model's key is entered for, in words; undefined when none is sent anywhere. */
function nameKeyPlace(settings: Pick<Tenant, 'model_provider' | 'model_base_url'>): string | undefined {
  if (settings.model_provider === 'offline') return undefined
  if (settings.model_base_url !== null) return settings.model_base_url
  return settings.model_provider === 'deepseek' ? 'DeepSeek' : 'OpenAI'
}

function readModel(drafted: Drafted) {
  const { fields, tenant } = drafted
  const { model_provider: chosen } = fields
  // What was stored without a provider but with an address is shown as compatible; unchanged, it stays as it is.
  const isUnchanged = chosen === readConnectionFields(tenant).model_provider
  const address = fields.model_base_url.trim().replace(/\/+$/, '')
  return {
    model_provider: isUnchanged ? tenant.model_provider : chosen === 'automatic' ? null : chosen,
    model: fields.model.trim() || null,
    model_base_url: chosen === 'offline' ? tenant.model_base_url : hasAddress(drafted) ? address || null : null,
    model_api_key: fields.model_api_key.trim(),
  }
}

/** Changes how answers are made, but not whether the connection works. */
function readRetrieval({ fields, tenant }: Drafted) {
  const retrieval = fields.retrieval === 'automatic' ? null : fields.retrieval
  return retrieval === tenant.retrieval ? {} : { retrieval }
}
