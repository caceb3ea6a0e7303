import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { ask, type Api } from '../../api/client.ts'
import { readFileName } from '../../lib/save-file.ts'
import type { UsageCell } from './sum-usage.ts'
import type { Period } from './usage-view.ts'

const namesPage = 200
const namePagesMax = 5

/** The usage of a period, with the period it belongs to; the old view stays while the next one comes. */
export function getUsageQueryOptions(options: { api: Api; period: Period }) {
  const { api, period } = options
  return queryOptions({
    queryKey: ['usage', 'all', period],
    queryFn: async ({ signal }): Promise<{ period: Period; cells: readonly UsageCell[] }> => {
      const { group, ...times } = period
      const answer = await ask(api.server.admin.usage.get({ query: { ...times, group_by: group }, fetch: { signal } }))
      if (typeof answer === 'string') throw new Error('The server sent CSV where JSON was asked for.')
      return { period, cells: answer.items }
    },
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  })
}

/** The names of tenants by id, those with most requests first; 1,000 at most, the rest are told by their ids. */
export function getTenantNamesQueryOptions(options: { api: Api; enabled: boolean }) {
  const { api, enabled } = options
  return queryOptions({
    queryKey: ['tenants', 'names'],
    queryFn: async ({ signal }) => {
      const names = new Map<string, string>()
      let cursor: string | undefined
      for (let page = 0; page < namePagesMax; page += 1) {
        const query = { sort: '-requests', limit: namesPage, cursor } as const
        // Each page needs the cursor of the one before.
        // oxlint-disable-next-line no-await-in-loop
        const answer = await ask(api.server.admin.tenants.get({ query, fetch: { signal } }))
        for (const { id, name } of answer.items) names.set(id, name)
        if (answer.next_cursor === null) break
        cursor = answer.next_cursor
      }
      return names
    },
    staleTime: 60_000,
    enabled,
  })
}

/** Exactly what a view shows, as CSV, and the name the server gives the file. */
export async function fetchUsageCsv(options: { api: Api; period: Period }): Promise<{ name: string; file: Blob }> {
  const { from, to, bucket, group } = options.period
  const query = new URLSearchParams({ from, to, bucket, group_by: group })
  const response = await options.api.send(`/admin/usage?${query}`, { headers: { accept: 'text/csv' } })
  const name = readFileName({ headers: response.headers, fallback: 'usage.csv' })
  return { name, file: await response.blob() }
}
