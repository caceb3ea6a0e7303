import { defineError } from '../../platform/errors.ts'

/** Only invited people, or nobody, may make an account here. */
export const registrationClosed = defineError({
  code: 'registration.closed',
  status: 403,
  title: 'Registration is closed',
})
/** Too many registrations from one address. */
export const registrationsLimit = defineError({
  code: 'limit.registrations',
  status: 429,
  title: 'Too many registrations from this address',
})
/** Too many mails asked for from one address. */
export const mailsLimit = defineError({
  code: 'limit.mails',
  status: 429,
  title: 'Too many mails asked for',
})
