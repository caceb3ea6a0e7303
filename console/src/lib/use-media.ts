import { useSyncExternalStore } from 'react'

/** Whether a media query holds, re-rendering when that changes. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = matchMedia(query)
      media.addEventListener('change', listener)
      return () => media.removeEventListener('change', listener)
    },
    () => matchMedia(query).matches,
  )
}

/** Whether the console is laid out for a phone (≤ 760 px), as the `phone:` variant of the styles. */
export function useIsPhone(): boolean {
  return useMedia('(width <= 760px)')
}

/** Whether shortcuts are drawn with ⌘. */
export const isMac = typeof navigator !== 'undefined' && /mac|iphone|ipad/i.test(navigator.userAgent)
