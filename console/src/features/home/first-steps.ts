import type { HomePages } from './home-pages.ts'

/** A step of Get started. */
export interface FirstStep {
  name: string
  /** Why it is worth doing. */
  reason: string
  /** What its link says. */
  verb: string
  /** Where it is done; undefined while the console has no such page. */
  to: string | undefined
}

/** The words of a step and where it is done; undefined for a step this console does not know. */
export function describeFirstStep(options: { step: string; pages: HomePages }): FirstStep | undefined {
  const { step, pages } = options
  switch (step) {
    case 'superuser':
      return {
        name: 'Make the first superuser',
        reason: 'Somebody has to hold the keys.',
        verb: 'Open',
        to: pages.users,
      }
    case 'tenant':
      return {
        name: 'Onboard a tenant',
        reason: 'A customer with its own users, prompt and connections.',
        verb: 'Onboard',
        to: pages.newTenant,
      }
    case 'user':
      return {
        name: 'Assign a user to a tenant',
        reason: 'Only who belongs to a tenant can ask it.',
        verb: 'Assign',
        to: pages.users,
      }
    case 'answer':
      return {
        name: 'Get a first answer',
        reason: 'From a tenant, as its users will.',
        verb: 'Choose tenant',
        to: pages.tenants,
      }
    case 'model_key':
      return {
        name: 'Add a model key',
        reason: 'Until then, no provider’s model can answer.',
        verb: 'Choose tenant',
        to: pages.tenants,
      }
    case 'pinecone':
      return {
        name: 'Pass a Pinecone test',
        reason: 'Answers then draw on what an index knows.',
        verb: 'Choose tenant',
        to: pages.tenants,
      }
    case 'second_superuser':
      return {
        name: 'Make a second superuser',
        reason: 'One lost password locks everybody out.',
        verb: 'Choose user',
        to: pages.users,
      }
    default:
      return undefined
  }
}
