import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, Outlet } from '@tanstack/react-router'
import type { Api } from '../api/client.ts'
import type { LinkToken } from '../features/sign-in/link-token.ts'
import { NotFoundPage } from './not-found-page.tsx'

/** What every route can use in its `loader` and `beforeLoad`. */
export interface RouterContext {
  api: Api
  queryClient: QueryClient
  /** The one-time token that a page was opened with, already gone from the address. */
  linkToken: LinkToken | undefined
}

/** The root of all routes. */
export const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: Outlet,
  notFoundComponent: NotFoundPage,
})
