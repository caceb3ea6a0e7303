import type { TenantRecord } from '../data/tenants.data.ts'
import type { TenantSecrets } from './tenant-secrets.ts'

/** The tenant's index, and the key that opens it. */
export interface IndexLocation {
  apiKey: string
  index: string
  namespace: string | null
}

/** The platform's own index, if tenants may share it. */
export interface PlatformIndex {
  indexName: string | undefined
  apiKey: string | undefined
  shared: boolean
}

/**
 * The place of a tenant's vectors: its own index with its own key, else the shared one, where the namespace is always
 * the tenant's id, whatever its settings say. Undefined when Pinecone is not set up.
 */
export async function locateIndex(
  tenant: TenantRecord,
  options: { secrets: TenantSecrets; platform: PlatformIndex },
): Promise<IndexLocation | undefined> {
  const { secrets, platform } = options
  const ownKey = await secrets.open(tenant, 'pineconeApiKey')
  if (ownKey) {
    const index = tenant.pineconeIndex ?? platform.indexName
    return index ? { apiKey: ownKey, index, namespace: tenant.pineconeNamespace } : undefined
  }
  if (!platform.shared || !platform.apiKey || !platform.indexName) return undefined
  return { apiKey: platform.apiKey, index: platform.indexName, namespace: tenant.id }
}
