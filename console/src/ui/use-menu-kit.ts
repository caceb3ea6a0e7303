import { createContext, use, useCallback, useEffect, useState } from 'react'
import type { menuKit } from './menu-kit.ts'

/** What draws an open menu. */
export type MenuKit = typeof menuKit

/** Hands what draws a menu to its items. */
export const MenuKitContext = createContext<MenuKit | undefined>(undefined)

/** What draws a menu, for an item of it. */
export function useMenuKit(): MenuKit {
  const kit = use(MenuKitContext)
  if (!kit) throw new Error('An item of a menu stands outside of it.')
  return kit
}

/** What draws the menu, once it is here; `wanted` loads it. One that does not come is asked for again next time. */
export function useLoadedKit(wanted: boolean): { kit: MenuKit | undefined; load: () => void } {
  const [kit, setKit] = useState<MenuKit>()
  const load = useCallback(() => {
    import('./menu-kit.ts').then(
      ({ menuKit }) => setKit(menuKit),
      () => undefined,
    )
  }, [])
  useEffect(() => {
    if (wanted) load()
  }, [wanted, load])
  return { kit, load }
}
