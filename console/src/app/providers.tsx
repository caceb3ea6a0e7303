import { QueryClientProvider, type QueryClient } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { useEffect, useState, type ReactNode } from 'react'
import { ApiContext } from '../api/api-context.ts'
import type { Api } from '../api/client.ts'
import { basePath, entrancePages, paths } from '../lib/paths.ts'
import { forgetRecentTenants } from '../lib/recent-tenants.ts'
import { CommandsContext, createCommands } from '../ui/commands.tsx'
import { createToasts, ToastsContext, type Toasts } from '../ui/toasts.ts'
import type { ConsoleRouter } from './router.tsx'

/** The console with everything its pages use. */
export function Providers(props: { api: Api; queryClient: QueryClient; router: ConsoleRouter }): ReactNode {
  const { api, queryClient, router } = props
  const [toasts] = useState(createToasts)
  const [commands] = useState(() => createCommands({ nowMs: () => Date.now() }))
  useEffect(() => followSession({ api, queryClient, router, toasts }), [api, queryClient, router, toasts])
  useEffect(() => followRoute(router), [router])
  useEffect(() => commands.listen(window), [commands])
  return (
    <ApiContext value={api}>
      <QueryClientProvider client={queryClient}>
        <ToastsContext value={toasts}>
          <CommandsContext value={commands}>
            <RouterProvider router={router} />
          </CommandsContext>
        </ToastsContext>
      </QueryClientProvider>
    </ApiContext>
  )
}

/** Moves between outside and inside as sessions begin and end, here or in another tab; nothing kept here outlives one. */
function followSession(options: {
  api: Api
  queryClient: QueryClient
  router: ConsoleRouter
  toasts: Toasts
}): () => void {
  const { api, queryClient, router, toasts } = options
  return api.session.subscribe((event) => {
    queryClient.clear()
    if (event.kind === 'began') {
      void router.invalidate()
      return
    }
    toasts.clear()
    // An expired session is most often taken up again by the same person; names stay only as long as that.
    if (event.reason === 'signed-out') forgetRecentTenants()
    const { pathname, href } = router.state.location
    if (entrancePages.includes(pathname)) return
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
