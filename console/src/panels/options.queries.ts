import { queryOptions } from '@tanstack/react-query'
import { ask, type Api } from '../api/client.ts'

/** Whether anybody may register here, and how mail leaves; for everybody, signed in or not. */
export type EntranceOptions = Awaited<ReturnType<typeof askOptions>>

/** How this server's mail leaves. */
export type MailWay = EntranceOptions['mail']

/** What the pages before the sign-in depend on; it changes only with a new start of the server. */
export function getOptionsQueryOptions(api: Api) {
  return queryOptions({
    queryKey: ['options'],
    queryFn: ({ signal }) => askOptions({ api, signal }),
    staleTime: 5 * 60_000,
  })
}

function askOptions(options: { api: Api; signal: AbortSignal }) {
  return ask(options.api.open.auth.options.get({ fetch: { signal: options.signal } }))
}
