import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import type { EndReason } from '../../api/session.ts'
import { findReturnPath, paths } from '../../lib/paths.ts'
import { rootRoute } from '../root-route.ts'

interface SignInSearch {
  reason?: EndReason
  return_to?: string
}

/** Signing in. */
export const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: paths.signIn,
  validateSearch: (search: Record<string, unknown>): SignInSearch => ({
    reason: search.reason === 'expired' || search.reason === 'signed-out' ? search.reason : undefined,
    return_to: typeof search.return_to === 'string' ? search.return_to : undefined,
  }),
  beforeLoad: ({ context, search }) => {
    if (context.api.session.mayBeSignedIn()) throw goOn(search.return_to)
  },
  component: lazyRouteComponent(() => import('./entrance.pages.tsx'), 'SignIn'),
})

/** Making the first superuser. */
export const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: paths.setup,
  beforeLoad: ({ context }) => {
    if (context.api.session.mayBeSignedIn()) throw goOn(undefined)
  },
  component: lazyRouteComponent(() => import('./entrance.pages.tsx'), 'Setup'),
})

/** Making an account of one's own. */
export const registerRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: paths.register,
  beforeLoad: ({ context }) => {
    if (context.api.session.mayBeSignedIn()) throw goOn(undefined)
  },
  component: lazyRouteComponent(() => import('./entrance.pages.tsx'), 'Register'),
})

// Whoever is signed in may have forgotten the password, and opens links, too.

/** Asking for a link to a new password. */
export const forgotRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: paths.forgot,
  component: lazyRouteComponent(() => import('./entrance.pages.tsx'), 'Forgot'),
})

/** Where links that verify an address lead. */
export const verifyRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: paths.verify,
  component: lazyRouteComponent(() => import('./entrance.pages.tsx'), 'Verify'),
})

/** Where links to a new password lead. */
export const resetRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: paths.reset,
  component: lazyRouteComponent(() => import('./entrance.pages.tsx'), 'Reset'),
})

/** Where invites lead. */
export const joinRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: paths.join,
  component: lazyRouteComponent(() => import('./entrance.pages.tsx'), 'Join'),
})

/** To where somebody wanted to go before signing in, else home. */
function goOn(return_to: string | undefined) {
  const path = findReturnPath({ value: return_to, origin: location.origin }) ?? paths.home
  return redirect({ href: path, replace: true })
}
