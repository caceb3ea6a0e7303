import { useMatches, useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useCommands, type Command } from '../../ui/commands.tsx'
import type { TenantTab } from './tenant-tab.ts'

/** Offers the tabs of a tenant: `[` and `]` to the one before and after, and each by its name in the palette. */
export function useTabKeys(options: { tenantId: string; tabs: readonly TenantTab[] }): void {
  const { tenantId, tabs } = options
  const navigate = useNavigate()
  const shown = useMatches({ select: (matches) => findShownTab({ tabs, paths: matches.map((one) => one.fullPath) }) })
  const commands = useMemo((): readonly Command[] => {
    const open = (tab: TenantTab | undefined): void => {
      if (tab) void navigate({ to: tab.to, params: { tenantId } })
    }
    const step = (by: 1 | -1): void => open(tabs[(shown + by + tabs.length) % tabs.length])
    const shared = { group: 'In a tenant', palette: false } as const
    return [
      { ...shared, id: 'tenant.tab-before', name: 'Previous tab', keys: '[', run: () => step(-1) },
      { ...shared, id: 'tenant.tab-after', name: 'Next tab', keys: ']', run: () => step(1) },
      ...tabs.map((tab): Command => ({
        id: `tenant.tab.${tab.name}`,
        name: `Open ${tab.name}`,
        group: 'In a tenant',
        palette: 'This tenant',
        run: () => open(tab),
      })),
    ]
  }, [tabs, tenantId, navigate, shown])
  useCommands(commands)
}

/** The place of the tab that is shown, by the full paths of the routes that match, outermost first; 0 for none. */
export function findShownTab(options: { tabs: readonly { to: string }[]; paths: readonly string[] }): number {
  const places = options.paths.map((path) => options.tabs.findIndex(({ to }) => to === path.replace(/\/$/, '')))
  return places.findLast((place) => place >= 0) ?? 0
}
