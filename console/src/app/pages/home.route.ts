import { createRoute, redirect } from '@tanstack/react-router'
import { paths } from '../../lib/paths.ts'
import { signedInRoute } from '../signed-in-route.ts'

/** Where the console opens: the account, as long as there is no better place. */
export const homeRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: paths.home,
  beforeLoad: () => {
    throw redirect({ to: paths.account, replace: true })
  },
})
