import type { TenantId, UserId } from '../platform/ids.ts'

/** Whose answer it is; nobody else reads it. */
export interface AnswerOwner {
  tenantId: TenantId
  userId: UserId
  purpose: 'chat' | 'test'
}
