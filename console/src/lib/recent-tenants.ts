import { useSyncExternalStore } from 'react'

/** A tenant somebody looked at. */
export interface RecentTenant {
  id: string
  name: string
}

const storageKey = 'tenantry.recent_tenants'
const recentMax = 4
const none: readonly RecentTenant[] = []
const listeners = new Set<() => void>()
let cached: { text: string | null; tenants: readonly RecentTenant[] } = { text: null, tenants: none }

/** The tenants looked at last in this browser, newest first; re-renders when they change, here or in another tab. */
export function useRecentTenants(): readonly RecentTenant[] {
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    window.addEventListener('storage', listener)
    return () => {
      listeners.delete(listener)
      window.removeEventListener('storage', listener)
    }
  }, readRecentTenants)
}

/** Notes that a tenant is being looked at: call it when its page is shown. */
export function noteRecentTenant(tenant: RecentTenant): void {
  const others = readRecentTenants().filter(({ id }) => id !== tenant.id)
  write([{ id: tenant.id, name: tenant.name }, ...others].slice(0, recentMax))
}

/** Forgets one tenant, when it is gone, or all of them, when a session ends: names must not outlast it. */
export function forgetRecentTenants(id?: string): void {
  write(id === undefined ? [] : readRecentTenants().filter((tenant) => tenant.id !== id))
}

/** What storage holds, the same array as long as it holds the same text. */
function readRecentTenants(): readonly RecentTenant[] {
  try {
    const text = localStorage.getItem(storageKey)
    if (text !== cached.text) cached = { text, tenants: parse(text) }
  } catch {
    // Without storage there are no recent tenants.
  }
  return cached.tenants
}

function write(tenants: readonly RecentTenant[]): void {
  try {
    const text = JSON.stringify(tenants)
    if (tenants.length === 0) localStorage.removeItem(storageKey)
    else if (text !== cached.text) localStorage.setItem(storageKey, text)
  } catch {
    // Without storage there are no recent tenants.
  }
  for (const listener of listeners) listener()
}

function parse(text: string | null): readonly RecentTenant[] {
  const value: unknown = text === null ? [] : JSON.parse(text)
  return Array.isArray(value) ? value.filter(isRecentTenant).slice(0, recentMax) : none
}

function isRecentTenant(value: unknown): value is RecentTenant {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    typeof value.id === 'string' &&
    'name' in value &&
    typeof value.name === 'string'
  )
}
