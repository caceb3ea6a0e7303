import type { User } from '../../api/client.ts'

/** What somebody is here, and what that lets them do, in words. */
export function describeRole(user: User): { name: string; reach: string } {
  if (user.is_superuser) return { name: 'Superuser', reach: 'Sees and changes every tenant' }
  if (user.is_owner) return { name: 'Owner', reach: 'Manages the organizations they own' }
  if (user.tenant_id !== null) return { name: 'Member', reach: `Chats in ${user.tenant_id}` }
  return { name: 'No organization yet', reach: 'An owner or a superuser can assign one' }
}
