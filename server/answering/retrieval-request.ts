import type { TenantScope } from '../data/tenant-scope.ts'
import type { TenantRecord } from '../data/tenants.data.ts'

/** Embeds one question for a tenant and counts it in the tenant’s usage. Throws when nobody can embed. */
export type EmbedQuestion = (request: {
  tenant: TenantRecord
  question: string
  signal: AbortSignal
}) => Promise<number[]>

/** A question to a tenant's knowledge. */
export interface RetrievalRequest {
  tenant: TenantRecord
  scope: TenantScope
  question: string
  signal: AbortSignal
  embed: EmbedQuestion
}
