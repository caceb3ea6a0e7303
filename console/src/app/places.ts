import { useRouter } from '@tanstack/react-router'
import { useMemo, type ComponentType } from 'react'
import type { User } from '../api/client.ts'
import type { IconName } from '../ui/icons.tsx'

/** Who may see a place: every signed-in person, whoever manages a tenant, or superusers only. */
export type Audience = 'any' | 'manager' | 'superuser'

/** A place of the sidebar, as its page's route declares it in `staticData`. */
export interface Place {
  name: string
  icon: IconName
  /** Where it stands: Home 1, Tenants 2, Users 3, Usage 4, Audit log 5, System 6. */
  order: number
  /** The letter after G that leads here. */
  letter: string
  audience: Audience
  /** Where it stands in the bottom bar of a phone, 1 to 4; without it, it is under More. */
  phone?: 1 | 2 | 3 | 4
  /** What stands behind its name in the sidebar, such as a count. */
  aside?: ComponentType
}

/** A tab of a page with tabs, as the tab's route declares it in `staticData`. */
export interface RouteTab {
  name: string
  order: number
}

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    place?: Place
    tab?: RouteTab
  }
}

/** A place and its address, relative to the console. */
export interface PlaceLink extends Place {
  to: string
}

/** A tab and its address, with the params of the page not yet filled in; without a slash at its end. */
export interface TabLink extends RouteTab {
  to: string
}

/**
 * The places there are for somebody, in order. A place exists exactly when its route does: a page registers itself by
 * `staticData: { place: { … } }` on its route.
 */
export function usePlaces(user: User): readonly PlaceLink[] {
  const { routesById } = useRouter()
  return useMemo(
    () =>
      Object.values(routesById)
        .flatMap((route) => {
          const place = route.options.staticData?.place
          return place && maySee(user, place.audience) ? [{ ...place, to: route.fullPath }] : []
        })
        .sort((one, other) => one.order - other.order),
    [routesById, user],
  )
}

/**
 * The tabs that the routes below a layout (by its full path, `/tenants/$tenantId`) declare by
 * `staticData: { tab: { name, order } }`, in order.
 */
export function useRouteTabs(layoutPath: string): readonly TabLink[] {
  const { routesById } = useRouter()
  return useMemo(
    () =>
      Object.values(routesById)
        .flatMap((route) => {
          const tab = route.options.staticData?.tab
          return tab && route.parentRoute?.fullPath === layoutPath
            ? [{ ...tab, to: route.fullPath.replace(/\/$/, '') }]
            : []
        })
        .sort((one, other) => one.order - other.order),
    [routesById, layoutPath],
  )
}

/** Whether the console has a page of this full path (`/tenants/$tenantId`), so that it may be linked. */
export function useHasPage(fullPath: string): boolean {
  const { routesById } = useRouter()
  return Object.values(routesById).some((route) => route.fullPath === fullPath)
}

/** Whether somebody belongs to an audience. */
export function maySee(user: User, audience: Audience): boolean {
  if (audience === 'any' || user.is_superuser) return true
  return audience === 'manager' && user.is_owner
}
