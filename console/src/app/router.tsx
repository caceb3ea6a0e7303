import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  Link,
  Outlet,
  redirect,
  useRouteContext,
} from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Api } from '../api/client.ts'
import { toProblem } from '../api/problem.ts'
import type { EndReason } from '../api/session.ts'
import { AccountPage } from '../features/account/account-page.tsx'
import { getMeQueryOptions } from '../features/account/account.queries.ts'
import { SetupPage } from '../features/sign-in/setup-page.tsx'
import { SignInPage } from '../features/sign-in/sign-in-page.tsx'
import { basePath, findReturnPath, paths } from '../lib/paths.ts'
import { FailurePage } from './failure-page.tsx'
import { NotFoundPage } from './not-found-page.tsx'
import { Shell } from './shell.tsx'
import { ShellSkeleton } from './skeleton.tsx'

interface RouterContext {
  api: Api
  queryClient: QueryClient
  /** The one-time token this page was opened with, already gone from the address. */
  setupToken: string | undefined
}

interface SignInSearch {
  reason?: EndReason
  return_to?: string
}

const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: Outlet,
  notFoundComponent: NotFoundPage,
})

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: paths.signIn,
  validateSearch: (search: Record<string, unknown>): SignInSearch => ({
    reason: search.reason === 'expired' || search.reason === 'signed-out' ? search.reason : undefined,
    return_to: typeof search.return_to === 'string' ? search.return_to : undefined,
  }),
  beforeLoad: ({ context, search }) => {
    if (context.api.session.mayBeSignedIn()) throw goOn(search.return_to)
  },
  component: SignIn,
})

function SignIn(): ReactNode {
  const { reason, return_to } = signInRoute.useSearch()
  return <SignInPage reason={reason} returnPath={findReturnPath({ value: return_to, origin: location.origin })} />
}

const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: paths.setup,
  beforeLoad: ({ context }) => {
    if (context.api.session.mayBeSignedIn()) throw goOn(undefined)
  },
  component: Setup,
})

function Setup(): ReactNode {
  const { setupToken } = useRouteContext({ from: setupRoute.id })
  return (
    <SetupPage
      token={setupToken}
      signInLink={
        <Link to={paths.signIn} className="link">
          Sign in.
        </Link>
      }
    />
  )
}

const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'signed-in',
  beforeLoad: ({ context, location }) => {
    if (!context.api.session.mayBeSignedIn())
      throw goToSignIn({ from: location.href === paths.account ? undefined : location.href })
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
  component: Shell,
})

const accountRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: paths.account,
  component: AccountPage,
})

const routeTree = rootRoute.addChildren([signInRoute, setupRoute, signedInRoute.addChildren([accountRoute])])

/** Makes the router; the console's pages and who may see them. */
export function createConsoleRouter(context: RouterContext) {
  return createRouter({
    routeTree,
    context,
    basepath: basePath,
    defaultErrorComponent: FailurePage,
    defaultPendingMs: 200,
    defaultPendingMinMs: 300,
    defaultPreload: false,
    scrollRestoration: true,
  })
}

/** The console's router. */
export type ConsoleRouter = ReturnType<typeof createConsoleRouter>

declare module '@tanstack/react-router' {
  interface Register {
    router: ConsoleRouter
  }
}

/** To the sign-in page, saying why and from which place (relative to the console) one came. */
function goToSignIn(options: { from: string | undefined; reason?: EndReason }) {
  const return_to = options.from === undefined ? undefined : basePath + options.from
  return redirect({ to: paths.signIn, search: { reason: options.reason, return_to }, replace: true })
}

/** To where somebody wanted to go before signing in, else home. */
function goOn(return_to: string | undefined) {
  const path = findReturnPath({ value: return_to, origin: location.origin }) ?? paths.account
  return redirect({ href: path, replace: true })
}
