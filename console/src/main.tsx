import { QueryClient } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createBrowserPorts } from './api/browser-session.ts'
import { createApi } from './api/client.ts'
import { ApiProblem, toProblem } from './api/problem.ts'
import { Providers } from './app/providers.tsx'
import { createConsoleRouter } from './app/router.tsx'
import { takeLinkToken } from './features/sign-in/link-token.ts'
import { followTheme } from './lib/theme.ts'
import './styles/index.css'

// First of all, so that nothing else ever sees the token in the address.
const linkToken = takeLinkToken(window)
followTheme()

const api = createApi({
  origin: location.origin,
  send: (input, init) => fetch(input, init),
  ports: createBrowserPorts(),
})
const queryClient = new QueryClient({
  defaultOptions: {
    // Being told that the server does not answer is better than waiting for a network in silence.
    mutations: { networkMode: 'always' },
    queries: {
      networkMode: 'always',
      // What the server refused stays refused; only silence and trouble deserve a second call.
      retry: (failures, thrown) => {
        const { status } = toProblem(thrown)
        return failures < 1 && (status === 0 || status >= 500)
      },
    },
  },
})
const router = createConsoleRouter({ api, queryClient, linkToken })

const root = document.querySelector('#root')
if (root) {
  createRoot(root, {
    // What the server refused is told on the page; only our own mistakes belong in the browser's log.
    onCaughtError: (thrown) => {
      if (!(thrown instanceof ApiProblem)) reportError(thrown)
    },
  }).render(
    <StrictMode>
      <Providers api={api} queryClient={queryClient} router={router} />
    </StrictMode>,
  )
}
