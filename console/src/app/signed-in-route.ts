import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { toProblem } from '../api/problem.ts'
import type { EndReason } from '../api/session.ts'
import { getMeQueryOptions } from '../panels/me.queries.ts'
import { basePath, paths } from '../lib/paths.ts'
import { rootRoute } from './root-route.ts'
import { ShellSkeleton } from './skeleton.tsx'

/** The parent of every page behind the sign-in: `createRoute({ getParentRoute: () => signedInRoute, … })`. */
export const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'signed-in',
  beforeLoad: ({ context, location }) => {
    if (!context.api.session.mayBeSignedIn())
      throw goToSignIn({ from: location.href === paths.home ? undefined : location.href })
  },
  loader: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(getMeQueryOptions(context.api))
    } catch (thrown) {
      if (toProblem(thrown).status !== 401) throw thrown
      throw goToSignIn({ from: location.href, reason: 'expired' })
    }
  },
  pendingComponent: ShellSkeleton,
  // The entrance does without it.
  component: lazyRouteComponent(() => import('./shell.tsx'), 'Shell'),
})

/** To the sign-in page, saying why and from which place (relative to the console) one came. */
function goToSignIn(options: { from: string | undefined; reason?: EndReason }) {
  const return_to = options.from === undefined ? undefined : basePath + options.from
  return redirect({ to: paths.signIn, search: { reason: options.reason, return_to }, replace: true })
}
