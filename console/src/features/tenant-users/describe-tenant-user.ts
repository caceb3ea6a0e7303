import { formatPlural } from '../../lib/numbers.ts'
import { namePerson } from '../../panels/people-words.ts'
import type { StateKind } from '../../ui/state.tsx'
import type { TenantUser } from './tenant-users.queries.ts'

/** Whether somebody may enter a tenant, as a shape and words; why not goes before what does not matter then. */
export function describeTenantUserState(user: TenantUser): { kind: StateKind; words: string } {
  if (user.linked_as === 'deleted') return { kind: 'suspended', words: 'Account deleted' }
  if (user.linked_as === 'left') return { kind: 'suspended', words: 'Left' }
  if (!user.is_active) return { kind: 'suspended', words: 'Switched off' }
  if (!user.has_access) return { kind: 'suspended', words: 'Account off' }
  return user.is_verified ? { kind: 'fine', words: 'Active' } : { kind: 'attention', words: 'Not verified' }
}

const linkedWords = {
  assigned: { kind: 'Assigned', note: 'A platform user who is assigned here.' },
  owner: { kind: 'Owner', note: 'The owner, who enters without being assigned.' },
  superuser: { kind: 'Superuser', note: 'Manages this server, and enters without being assigned.' },
  left: { kind: 'Platform user', note: 'A platform user that left. Nobody enters with it; its conversations stay.' },
  deleted: { kind: 'Platform user', note: 'Its platform account was deleted; its conversations stay.' },
}

/** What kind of user somebody is here, in a word and in a sentence. */
export function describeTenantUserKind(user: Pick<TenantUser, 'linked_as'>): { kind: string; note: string } {
  if (user.linked_as !== null) return linkedWords[user.linked_as]
  return { kind: 'Own user', note: 'Signs in here and nowhere else.' }
}

/** What of a tenant's user is changed by pressing something. */
export type TenantUserChanges = Partial<Pick<TenantUser, 'full_name' | 'is_active'>>

/** What to say when a change is done, and when it failed. */
export function describeTenantUserChange(options: { user: TenantUser; changes: TenantUserChanges }): {
  done: string
  failed: string
} {
  const { user, changes } = options
  const name = namePerson(user)
  if (changes.full_name !== undefined) {
    const next = namePerson({ ...user, full_name: changes.full_name })
    return { done: `${name} renamed to ${next}`, failed: `${name} was not renamed` }
  }
  const verb = `switched ${changes.is_active ? 'on' : 'off'}`
  return { done: `${name} ${verb}`, failed: `${name} was not ${verb}` }
}

/** The user as it will be: whoever is switched on enters, unless there is nothing left to enter with. */
export function applyTenantUserChange(options: { user: TenantUser; changes: TenantUserChanges }): TenantUser {
  const { user, changes } = options
  if (changes.is_active === undefined) return { ...user, ...changes }
  const isGone = user.linked_as === 'left' || user.linked_as === 'deleted'
  return { ...user, ...changes, has_access: changes.is_active && !isGone }
}

/** What deleting a tenant's own user destroys, in a sentence. */
export function describeDeletion(user: Pick<TenantUser, 'conversations'>): string {
  const { conversations } = user
  const lost =
    conversations === 0
      ? 'There are no conversations.'
      : `${formatPlural(conversations, 'conversation')} go${conversations === 1 ? 'es' : ''} with it.`
  return `Deleted, the user is gone for good. ${lost}`
}
