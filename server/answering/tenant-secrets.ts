import type { TenantRecord } from '../data/tenants.data.ts'
import type { SecretBox, SecretPlace } from '../platform/secrets.ts'

/** The secrets that a tenant may have. */
export type TenantSecret = 'modelApiKey' | 'pineconeApiKey'

const columns = { modelApiKey: 'model_api_key', pineconeApiKey: 'pinecone_api_key' } as const

/** Opens tenants' keys. An opened key is remembered with the very row it was read from and goes when that goes. */
export interface TenantSecrets {
  open(tenant: TenantRecord, secret: TenantSecret): Promise<string | undefined>
}

/** Where a tenant's key is sealed for: no other row, column or table opens it. */
export function placeOfTenantSecret(tenantId: string, secret: TenantSecret): SecretPlace {
  return { table: 'tenants', column: columns[secret], row: tenantId }
}

/** Keys by the given box. */
export function createTenantSecrets(secretBox: SecretBox): TenantSecrets {
  const opened = new WeakMap<TenantRecord, Map<TenantSecret, Promise<string>>>()
  return {
    async open(tenant, secret) {
      const sealed = tenant[secret]
      if (sealed === null) return undefined
      const kept = opened.get(tenant) ?? new Map<TenantSecret, Promise<string>>()
      opened.set(tenant, kept)
      const opening = kept.get(secret) ?? secretBox.open(placeOfTenantSecret(tenant.id, secret), sealed)
      kept.set(secret, opening)
      return opening
    },
  }
}
