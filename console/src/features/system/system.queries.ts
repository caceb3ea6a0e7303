import { queryOptions } from '@tanstack/react-query'
import { ask, type Api } from '../../api/client.ts'

const askAgainMs = 15_000

/** What the server tells about itself. */
export type SystemFacts = Awaited<ReturnType<typeof askSystem>>

function askSystem(options: { api: Api; signal: AbortSignal }) {
  return ask(options.api.server.admin.system.get({ fetch: { signal: options.signal } }))
}

/** Version, database, upstreams and which variables are set; asked again every 15 s while the page is seen. */
export function getSystemQueryOptions(api: Api) {
  return queryOptions({
    queryKey: ['system'],
    queryFn: ({ signal }) => askSystem({ api, signal }),
    refetchInterval: askAgainMs,
  })
}

/** How far the rotation of keys is. */
export type KeyState = Awaited<ReturnType<typeof askKeyState>>

function askKeyState(options: { api: Api; signal: AbortSignal }) {
  return ask(options.api.server.admin.system.keys.get({ fetch: { signal: options.signal } }))
}

/** What is sealed with which key; asked again every 15 s while the page is seen. */
export function getKeyStateQueryOptions(api: Api) {
  return queryOptions({
    queryKey: ['system', 'keys'],
    queryFn: ({ signal }) => askKeyState({ api, signal }),
    refetchInterval: askAgainMs,
  })
}
