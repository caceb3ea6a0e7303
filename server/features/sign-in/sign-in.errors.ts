import { defineError } from '../../platform/errors.ts'

/** Wrong password, unknown address or unknown tenant: one and the same answer. */
export const invalidCredentials = defineError({
  code: 'auth.invalid_credentials',
  status: 401,
  title: 'The e-mail and password do not match',
})
/** The account exists, the password is right, and it is switched off. */
export const userInactive = defineError({ code: 'user.inactive', status: 403, title: 'The account is switched off' })
/** The setup token is wrong, used or expired. */
export const setupTokenInvalid = defineError({
  code: 'auth.setup_token_invalid',
  status: 401,
  title: 'The setup link is not valid any more',
})
/** There is a superuser already. */
export const setupDone = defineError({ code: 'auth.setup_done', status: 404, title: 'Setup is done' })
/** Too many wrong guesses; the same for accounts that there are not. */
export const tooManySignIns = defineError({ code: 'limit.sign_ins', status: 429, title: 'Too many failed sign-ins' })
