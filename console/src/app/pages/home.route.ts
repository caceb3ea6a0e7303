import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { getMeQueryOptions } from '../../panels/me.queries.ts'
import { homeView } from '../../features/home/home.view.ts'
import { organizationsView } from '../../features/organizations/organizations.view.ts'
import { paths } from '../../lib/paths.ts'
import { maySee } from '../places.ts'
import { signedInRoute } from '../signed-in-route.ts'

/** Where the console opens: the platform for superusers, owners' organizations, everybody else's own account. */
export const homeRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: paths.home,
  validateSearch: (search: Record<string, unknown>) => ({
    ...homeView.validate(search),
    ...organizationsView.validate(search),
  }),
  loader: async ({ context, location }) => {
    // When this fails, so does the layout's loader, which asks for the same and says why.
    const user = await context.queryClient.ensureQueryData(getMeQueryOptions(context.api)).catch(() => undefined)
    if (user && !maySee(user, 'manager')) throw redirect({ to: paths.account, replace: true })
    if (!user?.is_superuser) return
    const { range } = homeView.fill(location.search)
    void import('../../features/home/home.queries.ts').then(({ getOverviewQueryOptions }) =>
      context.queryClient.prefetchQuery(getOverviewQueryOptions({ api: context.api, range })),
    )
  },
  component: lazyRouteComponent(() => import('./home.page.tsx'), 'Home'),
  staticData: { place: { name: 'Home', icon: 'home', order: 1, letter: 'H', audience: 'manager', phone: 1 } },
})
