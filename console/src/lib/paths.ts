import type { OnboardingStep } from './onboarding-drafts.ts'

/** Where the console is mounted, without a trailing slash. */
export const basePath = '/console'

/** Every page of the console, relative to `basePath`. */
export const paths = {
  home: '/',
  account: '/account',
  signIn: '/sign-in',
  setup: '/setup',
  register: '/register',
  verify: '/verify',
  forgot: '/forgot',
  reset: '/reset',
  join: '/join',
  mailbox: '/system/mailbox',
  newTenant: '/tenants/new',
} as const

/** The pages that are opened with a one-time token in the fragment. */
export const linkPages = [paths.setup, paths.verify, paths.reset, paths.join] as const

/** A page that is opened with a one-time token. */
export type LinkPage = (typeof linkPages)[number]

/** The pages before one is signed in: nobody returns to them. */
export const entrancePages: readonly string[] = [paths.signIn, paths.register, paths.forgot, ...linkPages]

/** The full path of a tenant's page, as its route has it. */
export const tenantRoutePath = '/tenants/$tenantId'

/**
 * Where a tenant's page is, relative to `basePath`; `tab` is the last part of a tab's path. The bare path of a tenant
 * called “new” is that of a new tenant, so that one opens at its settings.
 */
export function tenantPath(id: string, tab = id === 'new' ? 'settings' : undefined): string {
  return `/tenants/${encodeURIComponent(id)}${tab === undefined ? '' : `/${tab}`}`
}

/** Where a tenant's onboarding goes on, for `Link` and `navigate`; without a step, where it was left. */
export function onboardingLink(options: { tenantId: string; step?: OnboardingStep }) {
  return { to: paths.newTenant, search: { tenant: options.tenantId, step: options.step } } as const
}

/** Where the server shows its API document. */
export const apiDocsPath = '/swagger'

/**
 * Turns an untrusted `return_to` into a place of this console: path, query and fragment relative to `basePath`.
 * Undefined for another origin, for anything outside the console, and for the pages of signing in themselves.
 */
export function findReturnPath(options: { value: string | undefined; origin: string }): string | undefined {
  const { value, origin } = options
  if (!value?.startsWith('/')) return undefined
  const url = URL.parse(value, origin)
  if (!url || url.origin !== new URL(origin).origin) return undefined
  if (url.pathname !== basePath && !url.pathname.startsWith(`${basePath}/`)) return undefined
  const path = url.pathname.slice(basePath.length) || '/'
  // A doubled slash would be read as another host by whoever joins this path with nothing.
  if (path.startsWith('//') || entrancePages.some((page) => path === page || path === `${page}/`)) {
    return undefined
  }
  return path + url.search + url.hash
}

/** What a place of the console is called in a sentence (“You return to …”); undefined when it has no name. */
export function nameReturnPath(path: string): string | undefined {
  return path.split(/[?#]/, 1)[0] === paths.account ? 'your account' : undefined
}
