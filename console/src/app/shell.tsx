import monoFont from '@fontsource-variable/geist-mono/files/geist-mono-latin-wght-normal.woff2?url'
import { useSuspenseQuery } from '@tanstack/react-query'
import { Outlet } from '@tanstack/react-router'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import { preload } from 'react-dom'
import { useApi } from '../api/api-context.ts'
import { useIsPhone } from '../lib/use-media.ts'
import { getMeQueryOptions } from '../panels/me.queries.ts'
import { Toaster } from '../ui/toaster.tsx'
import { useGeneralCommands } from './general-commands.ts'
import { BottomBar, TopBar } from './phone-bars.tsx'
import { Sheet } from './sheet.tsx'
import { Sidebar } from './sidebar.tsx'

const Palette = lazy(async () => ({ default: (await import('./palette.tsx')).Palette }))
const ShortcutSheet = lazy(async () => ({ default: (await import('./shortcut-sheet.tsx')).ShortcutSheet }))

/** The signed-in console: places on the canvas, work on one sheet that scrolls inside. */
export function Shell(): ReactNode {
  // Only these pages show ids, so only they need the monospace letters early.
  preload(monoFont, { as: 'font', type: 'font/woff2', crossOrigin: 'anonymous' })
  const { data: user } = useSuspenseQuery(getMeQueryOptions(useApi()))
  const [open, setOpen] = useState<'palette' | 'shortcuts'>()
  useGeneralCommands({ user, onOpen: setOpen })
  const isPhone = useIsPhone()
  const close = (): void => setOpen(undefined)
  const openers = { onJump: () => setOpen('palette'), onShortcuts: () => setOpen('shortcuts') }
  return (
    <div className="flex h-dvh bg-canvas phone:flex-col">
      <a
        href="#main"
        className="link fixed start-3 top-[-60px] z-30 rounded-md bg-raised px-3 py-2 shadow-2 focus:top-3"
        onClick={(event) => {
          event.preventDefault()
          document.querySelector('main')?.focus()
        }}
      >
        Skip to the page
      </a>
      {isPhone ? <TopBar user={user} {...openers} /> : <Sidebar user={user} {...openers} />}
      <Sheet>
        <Outlet />
      </Sheet>
      {isPhone && <BottomBar user={user} />}
      {open === 'palette' && (
        <Suspense>
          <Palette user={user} onClose={close} onShortcuts={openers.onShortcuts} />
        </Suspense>
      )}
      {open === 'shortcuts' && (
        <Suspense>
          <ShortcutSheet isSuperuser={user.is_superuser} onClose={close} />
        </Suspense>
      )}
      <Toaster />
    </div>
  )
}
