/** What to tell a person: what happened, then what to do. */
export interface ProblemWords {
  title: string
  advice: string
}

/** What was being done when it failed, where that changes the sentence. */
export type Attempt = 'sign-in' | 'set-up' | 'register' | 'mail' | 'people' | 'other'

/** What a code means whatever was being done. */
export const commonWords: Record<string, ProblemWords> = {
  'network.unreachable': {
    title: 'The server did not answer.',
    advice: 'Nothing was changed. Check your connection, then try again.',
  },
  'network.unreadable': {
    title: 'The answer could not be read.',
    advice: 'Something between this page and the server replied in its place. Try again in a moment.',
  },
  'session.ended': { title: 'Your session ended.', advice: 'Sign in again to go on.' },
  'auth.token_invalid': { title: 'Your session ended.', advice: 'Sign in again to go on.' },
  'auth.token_stale': { title: 'Your session ended.', advice: 'Sign in again to go on.' },
  'auth.forbidden': {
    title: 'Your account may not do this.',
    advice: 'A superuser of this server can change what it may do.',
  },
  'user.inactive': {
    title: 'This account is deactivated.',
    advice: 'A superuser of this server can activate it again.',
  },
  'user.not_verified': {
    title: 'Your address is not verified yet.',
    advice: 'Open the link that was mailed to you, or ask for it again on Home.',
  },
  'organization.limit_reached': {
    title: 'You have as many organizations as one owner may have here.',
    advice: 'Nothing was made. Ask the people who run this server for more.',
  },
  'tenant.dedicated_unavailable': {
    title: 'This server cannot make a database now.',
    advice: 'Nothing was made. The people who run it can see why on its System page.',
  },
  'tenant.database_in_use': {
    title: 'Somebody is still connected to its database.',
    advice: 'A pooler or a person. End those sessions, then delete it again; until then it serves nobody.',
  },
  'tenant.migrating': {
    title: 'Its database is being made or moved.',
    advice: 'Nothing was changed. Try again in a moment.',
  },
  'tenant.inactive': {
    title: 'This organization is suspended.',
    advice: 'Its owner or a superuser of this server can activate it again.',
  },
  'request.invalid': {
    title: 'The server did not accept this.',
    advice: 'Check what you entered, then try again.',
  },
  'server.busy': { title: 'The server is busy.', advice: 'Nothing was changed. Try again in a moment.' },
}

/** What a code means where that depends on what was being done; goes before the common words. */
export const attemptWords: Record<Attempt, Record<string, ProblemWords>> = {
  'sign-in': {
    'auth.invalid_credentials': {
      title: 'That e-mail and password do not match.',
      advice: 'Check both, then try again.',
    },
    'user.not_verified': {
      title: 'This address is not verified yet.',
      advice: 'Open the link in the mail we sent to it, then sign in.',
    },
  },
  'set-up': {
    'auth.setup_token_invalid': {
      title: 'This link no longer works.',
      advice: 'It lasts one hour and works once. Start the server again and open the link it prints.',
    },
    'user.email_taken': {
      title: 'That e-mail belongs to an account already.',
      advice: 'Use another one for the superuser.',
    },
  },
  register: {
    'user.email_taken': {
      title: 'That e-mail has an account already.',
      advice: 'Sign in with it, or set a new password.',
    },
  },
  mail: {
    'limit.mails': {
      title: 'Too many links were asked for.',
      advice: 'Wait an hour, then try again. Links that came before still work.',
    },
  },
  people: {
    'user.email_taken': {
      title: 'The tenant has a user of its own with this address.',
      advice: 'The two are never merged. Delete that one in the tenant first, or leave things as they are.',
    },
    'user.unverified': {
      title: 'This address is not verified yet.',
      advice:
        'Whoever registered may not own it. Open the user under Users, mark the address as verified, then assign.',
    },
    'user.last_superuser': {
      title: 'This is the last superuser.',
      advice: 'Make another one first; somebody has to hold the keys.',
    },
    'user.not_found': { title: 'This user is gone.', advice: 'Somebody deleted it meanwhile.' },
    'tenant.not_found': { title: 'This tenant is gone.', advice: 'Somebody purged it meanwhile.' },
  },
  other: {},
}
