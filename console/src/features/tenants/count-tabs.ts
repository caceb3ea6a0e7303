import { formatCount } from '../../lib/numbers.ts'
import type { TabItem } from '../../ui/tabs.tsx'

/** What is counted of a tenant. */
export interface TenantCounts {
  users: number
  prompt_version: number | null
  failing: readonly string[]
}

/** What stands behind the name of a tab, by the last part of its path; nothing for a tab that counts nothing. */
export function countTab(options: {
  path: string
  counts: TenantCounts | undefined
}): Pick<TabItem, 'count' | 'alarming'> {
  const { counts } = options
  if (!counts) return {}
  switch (options.path.split('/').at(-1)) {
    case 'users':
      return { count: formatCount(counts.users) }
    case 'prompt':
      return counts.prompt_version === null ? {} : { count: `v${counts.prompt_version}` }
    case 'connections':
      return counts.failing.length === 0 ? {} : { count: formatCount(counts.failing.length), alarming: true }
    default:
      return {}
  }
}
