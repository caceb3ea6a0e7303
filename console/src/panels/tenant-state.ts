import type { StateKind } from '../ui/state.tsx'

/** What is read of a tenant to tell its state. */
export interface TenantCondition {
  is_active: boolean
  state: 'provisioning' | 'active' | 'failed' | 'moving' | 'deleting'
  /** Its own database; a tenant that has one and failed could not be migrated. */
  database_name?: string | null
  /** Connections that fail now, where that is known. */
  failing?: readonly string[]
}

const connectionNames: Record<string, string> = { model: 'Model', pinecone: 'Pinecone' }

/** The state of a tenant as a shape and words; what needs somebody goes before what does not. */
export function describeState(tenant: TenantCondition): { kind: StateKind; words: string } {
  if (tenant.state === 'deleting') return { kind: 'attention', words: 'Purge unfinished' }
  if (!tenant.is_active) return { kind: 'suspended', words: 'Suspended' }
  if (tenant.state === 'failed') {
    return { kind: 'failed', words: typeof tenant.database_name === 'string' ? 'Migration failed' : 'Setup failed' }
  }
  if (tenant.state === 'provisioning') return { kind: 'working', words: 'Provisioning' }
  if (tenant.state === 'moving') return { kind: 'working', words: 'Moving' }
  const failing = tenant.failing?.map((connection) => connectionNames[connection] ?? connection) ?? []
  if (failing.length === 0) return { kind: 'fine', words: 'Active' }
  return { kind: 'failed', words: failing.length === 1 ? `${failing[0]} fails` : `${failing.join(' and ')} fail` }
}
