import type { User } from '../../api/client.ts'
import { findRole, namePerson } from '../../panels/people-words.ts'
import type { StateKind } from '../../ui/state.tsx'

/** The state of a platform user as a shape and words. */
export function describePersonState(user: User): { kind: StateKind; words: string } {
  if (!user.is_active) return { kind: 'suspended', words: 'Switched off' }
  return user.is_verified ? { kind: 'fine', words: 'Active' } : { kind: 'attention', words: 'Not verified' }
}

/**
 * Why somebody cannot lose their role, be switched off or deleted here; undefined when nothing is in the way. The server
 * refuses it for the last superuser; one's own account is another superuser's to take away, or nobody could undo it.
 */
export function describeGuard(options: {
  user: User
  meId: string
  activeSuperusers: number | undefined
}): string | undefined {
  const { user, meId, activeSuperusers } = options
  if (user.is_superuser && user.is_active && activeSuperusers === 1) {
    return 'The last superuser cannot be demoted, switched off or deleted: make another one first'
  }
  return user.id === meId ? 'Your own account: another superuser can demote, switch off or delete it' : undefined
}

/** What of a platform user is changed by pressing something. */
export type PersonChanges = Partial<Pick<User, 'full_name' | 'is_active' | 'is_verified' | 'is_superuser' | 'is_owner'>>

/** What to say when a change is done, and when it failed. */
export function describePersonChange(options: { user: User; changes: PersonChanges }): {
  done: string
  failed: string
} {
  const { user, changes } = options
  const name = namePerson(user)
  if (changes.full_name !== undefined) {
    const next = namePerson({ ...user, ...changes })
    return { done: `${name} renamed to ${next}`, failed: `${name} was not renamed` }
  }
  if (changes.is_active !== undefined) {
    const verb = `switched ${changes.is_active ? 'on' : 'off'}`
    return { done: `${name} ${verb}`, failed: `${name} was not ${verb}` }
  }
  if (changes.is_verified !== undefined) {
    const verb = `marked as ${changes.is_verified ? 'verified' : 'not verified'}`
    return { done: `${name} ${verb}`, failed: `${name} was not ${verb}` }
  }
  const role = findRole({ ...user, ...changes })
  const words = { superuser: 'a superuser', owner: 'an owner', plain: 'a member' }[role]
  return { done: `${name} is ${words} now`, failed: `${name} was not made ${words}` }
}

/** The changes that take others back: what the user had in their places. */
export function invertChanges(options: { user: User; changes: PersonChanges }): PersonChanges {
  const { user, changes } = options
  return {
    ...(changes.full_name === undefined ? {} : { full_name: user.full_name }),
    ...(changes.is_active === undefined ? {} : { is_active: user.is_active }),
    ...(changes.is_verified === undefined ? {} : { is_verified: user.is_verified }),
    ...(changes.is_superuser === undefined ? {} : { is_superuser: user.is_superuser }),
    ...(changes.is_owner === undefined ? {} : { is_owner: user.is_owner }),
  }
}
