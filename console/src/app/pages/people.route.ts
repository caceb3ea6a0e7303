import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { peopleView } from '../../features/people/people.view.ts'
import { signedInRoute } from '../signed-in-route.ts'

/** Every platform user, for superusers. Its letter is that of people: U leads to Usage. */
export const peopleRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: '/users',
  validateSearch: (search: Record<string, unknown>) => peopleView.validate(search),
  component: lazyRouteComponent(() => import('../../features/people/people-page.tsx'), 'PeoplePage'),
  staticData: { place: { name: 'Users', icon: 'users', order: 3, letter: 'P', audience: 'superuser', phone: 4 } },
})
