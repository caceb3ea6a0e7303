/** What is read of a person to name it. */
export interface Named {
  email: string
  full_name: string | null
}

/** A person's name, or the address of whoever has none. */
export function namePerson(person: Named): string {
  return person.full_name?.trim() || person.email
}

/** What a platform user is, most powerful first. */
export const roles = ['superuser', 'owner', 'plain'] as const

/** One of the roles of platform users. */
export type Role = (typeof roles)[number]

/** The role of a platform user; a superuser may be an owner as well, which adds nothing. */
export function findRole(user: { is_superuser: boolean; is_owner: boolean }): Role {
  if (user.is_superuser) return 'superuser'
  return user.is_owner ? 'owner' : 'plain'
}

/** Each role in words: its name, and what it lets somebody do. */
export const roleWords: Record<Role, { label: string; note: string }> = {
  superuser: { label: 'Superuser', note: 'Sees and changes every tenant, every user and this server.' },
  owner: { label: 'Owner', note: 'Makes organizations and manages those of their own.' },
  plain: { label: 'Member', note: 'Chats in the tenant they are assigned to.' },
}

/** What the server has to be told so that somebody has a role; a superuser keeps what they own. */
export function describeRoleChange(role: Role): { is_superuser: boolean; is_owner?: boolean } {
  return role === 'superuser' ? { is_superuser: true } : { is_superuser: false, is_owner: role === 'owner' }
}
