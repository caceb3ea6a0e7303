import { defineError } from '../../platform/errors.ts'

/** No such conversation, or none of the caller's. */
export const sessionNotFound = defineError({
  code: 'session.not_found',
  status: 404,
  title: 'There is no such conversation',
})

/** No such answer, or none of the caller's. */
export const streamNotFound = defineError({
  code: 'stream.not_found',
  status: 404,
  title: 'There is no such answer',
})
