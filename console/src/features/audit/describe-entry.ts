import type { StateKind } from '../../ui/state.tsx'
import type { Outcome } from './audit-view.ts'

/** The actions the server records, to filter by. */
export const actions: readonly string[] = [
  'access.denied',
  'api_key.created',
  'api_key.revoked',
  'api_key.rotated',
  'database_server.added',
  'database_server.removed',
  'database_server.updated',
  'document.created',
  'document.deleted',
  'document.replaced',
  'document.retried',
  'domain.added',
  'domain.removed',
  'domain.verified',
  'fleet.migrations_retried',
  'mailbox.read',
  'price.added',
  'price.removed',
  'price.updated',
  'session.ended',
  'tenant.created',
  'tenant.entered',
  'tenant.exported',
  'tenant.imported',
  'tenant.mismatch',
  'tenant.model_tested',
  'tenant.move_abort_requested',
  'tenant.move_aborted',
  'tenant.move_failed',
  'tenant.move_started',
  'tenant.moved',
  'tenant.pinecone_tested',
  'tenant.prompt_restored',
  'tenant.provision_retried',
  'tenant.purge_started',
  'tenant.purged',
  'tenant.updated',
  'tenant.user_invited',
  'tenant_user.created',
  'tenant_user.deleted',
  'tenant_user.joined',
  'tenant_user.password_reset',
  'tenant_user.registered',
  'tenant_user.updated',
  'tenant_user.verified',
  'user.assigned',
  'user.created',
  'user.deleted',
  'user.password_reset',
  'user.registered',
  'user.unassigned',
  'user.updated',
  'user.verified',
]

/** Actions whose names, read as words, would say it badly. */
const actionWords: Record<string, string> = {
  'api_key.created': 'API key created',
  'api_key.rotated': 'API key rotated',
  'api_key.revoked': 'API key revoked',
  'document.created': 'Document added',
  'document.retried': 'Document tried again',
  'session.ended': 'Session ended after wrong passwords',
  'tenant.created': 'Tenant onboarded',
  'tenant.mismatch': 'Other tenant named',
  'tenant.model_tested': 'Model tested',
  'tenant.pinecone_tested': 'Pinecone tested',
  'tenant.prompt_restored': 'Prompt restored',
  'tenant.updated': 'Tenant changed',
  'tenant.user_invited': 'User invited',
}
const attemptEnd = '.attempted'

/**
 * An action in words: `tenant.provision_retried` → “Tenant provision retried”. What is noted before it is done, in a
 * store of its own, is an attempt: `tenant_user.created.attempted` → “Attempt: tenant user created”.
 */
export function describeAction(action: string): string {
  if (action.endsWith(attemptEnd)) {
    const tried = describeAction(action.slice(0, -attemptEnd.length))
    return `Attempt: ${tried.slice(0, 1).toLowerCase()}${tried.slice(1)}`
  }
  const known = actionWords[action]
  if (known !== undefined) return known
  const words = action.replaceAll(/[._]/g, ' ').replace('pinecone', 'Pinecone')
  return words.slice(0, 1).toUpperCase() + words.slice(1)
}

/** How it ended, as a state and its word. */
export function describeOutcome(outcome: Outcome): { kind: StateKind; word: string } {
  if (outcome === 'done') return { kind: 'fine', word: 'Done' }
  return outcome === 'denied' ? { kind: 'attention', word: 'Denied' } : { kind: 'failed', word: 'Failed' }
}

/**
 * Who did it: an e-mail address or an id, somebody who came with a request and was not signed in, or the server by
 * itself (at its start, in a sweep), which has no address.
 */
export function describeActor(entry: { actor: { id: string; email: string | null } | null; address: string | null }): {
  name: string
  isPerson: boolean
} {
  const { actor } = entry
  if (actor) return { name: actor.email ?? actor.id, isPerson: true }
  return { name: entry.address === null ? 'System' : 'Not signed in', isPerson: false }
}

type Side = Record<string, unknown> | null

/**
 * What was acted on: its name where that is known, else its id, else its kind; of a tenant, which stands beside it, the
 * names of what was changed.
 */
export function describeTarget(entry: {
  target_type: string
  target_id: string | null
  tenant_id: string | null
  action: string
  after: Side
  names: Readonly<Record<string, string>>
}): string {
  const { target_id: id, tenant_id: tenant, after, names } = entry
  const fields = Object.keys(after ?? {})
  if (entry.action === 'tenant.updated' && id === tenant && fields.length > 0) return fields.join(', ')
  return id === null ? entry.target_type.replaceAll('_', ' ') : (names[id] ?? id)
}

/** One field of what changed; undefined where that side has none. */
export interface FieldChange {
  field: string
  before: string | undefined
  after: string | undefined
}

/** The fields of both sides by name, those of `before` first. */
export function compareSides(options: {
  before: Side
  after: Side
  names: Readonly<Record<string, string>>
}): FieldChange[] {
  const { before, after, names } = options
  const fields = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])
  return [...fields].map((field) => ({
    field,
    before: write({ side: before, field, names }),
    after: write({ side: after, field, names }),
  }))
}

function write(options: { side: Side; field: string; names: Readonly<Record<string, string>> }): string | undefined {
  const { side, field, names } = options
  if (side === null || !Object.hasOwn(side, field)) return undefined
  const value = side[field]
  if (typeof value !== 'string') return JSON.stringify(value, null, 2)
  // The id stays: names change, and somebody may look for it.
  const name = names[value]
  return name === undefined ? value : `${name}\n${value}`
}
