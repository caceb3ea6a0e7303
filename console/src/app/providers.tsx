import { QueryClientProvider, type QueryClient } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { useEffect, type ReactNode } from 'react'
import { ApiContext } from '../api/api-context.ts'
import type { Api } from '../api/client.ts'
import { basePath, paths } from '../lib/paths.ts'
import type { ConsoleRouter } from './router.tsx'

/** The console with everything its pages use. */
export function Providers(props: { api: Api; queryClient: QueryClient; router: ConsoleRouter }): ReactNode {
  const { api, queryClient, router } = props
  useEffect(() => followSession({ api, queryClient, router }), [api, queryClient, router])
  useEffect(() => followRoute(router), [router])
  return (
    <ApiContext value={api}>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </ApiContext>
  )
}

/** Moves between outside and inside as sessions begin and end, here or in another tab; nothing cached outlives one. */
function followSession(options: { api: Api; queryClient: QueryClient; router: ConsoleRouter }): () => void {
  const { api, queryClient, router } = options
  return api.session.subscribe((event) => {
    queryClient.clear()
    if (event.kind === 'began') {
      void router.invalidate()
      return
    }
    const { pathname, href } = router.state.location
    if (pathname === paths.signIn || pathname === paths.setup) return
    const return_to = event.reason === 'expired' ? basePath + href : undefined
    void router.navigate({ to: paths.signIn, search: { reason: event.reason, return_to }, replace: true })
  })
}

/** Moves the focus to the new page's main region, unless the page has placed it itself. */
function followRoute(router: ConsoleRouter): () => void {
  return router.subscribe('onRendered', ({ fromLocation, pathChanged }) => {
    const main = document.querySelector('main')
    if (!fromLocation || !pathChanged || !main || main.contains(document.activeElement)) return
    main.focus({ preventScroll: true })
  })
}
