import { infiniteQueryOptions } from '@tanstack/react-query'
import { ask, type Api } from '../../api/client.ts'

const pageRows = 20

/** A mail that no server sent. */
export type KeptMail = Awaited<ReturnType<typeof askMailbox>>['items'][number]

/**
 * Mails that were not sent, newest first, to one address or to all. Each reading is written to the audit log, so they are
 * read only when somebody asks, and kept here no longer than they are shown.
 */
export function getMailboxQueryOptions(options: { api: Api; to: string }) {
  const { api } = options
  const to = options.to.trim() || undefined
  return infiniteQueryOptions({
    queryKey: ['mailbox', to],
    queryFn: ({ signal, pageParam }) =>
      askMailbox({ api, signal, query: { to, limit: pageRows, cursor: pageParam || undefined } }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
}

function askMailbox(options: {
  api: Api
  query: { to?: string; limit: number; cursor?: string }
  signal: AbortSignal
}) {
  const { api, query, signal } = options
  return ask(api.server.admin.mailbox.get({ query, fetch: { signal } }))
}
