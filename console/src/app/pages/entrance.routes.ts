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

/** To where somebody wanted to go before signing in, else home. */
function goOn(return_to: string | undefined) {
  const path = findReturnPath({ value: return_to, origin: location.origin }) ?? paths.home
  return redirect({ href: path, replace: true })
}
