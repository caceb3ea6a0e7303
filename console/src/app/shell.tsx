import monoFont from '@fontsource-variable/geist-mono/files/geist-mono-latin-wght-normal.woff2?url'
import { useSuspenseQuery } from '@tanstack/react-query'
import { Outlet } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { preload } from 'react-dom'
import { useApi } from '../api/api-context.ts'
import { getMeQueryOptions } from '../features/account/account.queries.ts'
import { Sidebar, TopBar } from './sidebar.tsx'

/** The signed-in console: places on the canvas, work on one sheet that scrolls inside. */
export function Shell(): ReactNode {
  // Only these pages show ids, so only they need the monospace letters early.
  preload(monoFont, { as: 'font', type: 'font/woff2', crossOrigin: 'anonymous' })
  const { data: user } = useSuspenseQuery(getMeQueryOptions(useApi()))
  return (
    <div className="flex h-dvh bg-canvas phone:flex-col">
      <a
        href="#main"
        className="link fixed start-3 top-[-60px] z-20 rounded-md bg-raised px-3 py-2 shadow-2 focus:top-3"
        onClick={(event) => {
          event.preventDefault()
          document.querySelector('main')?.focus()
        }}
      >
        Skip to the page
      </a>
      <Sidebar user={user} />
      <TopBar user={user} />
      <Sheet>
        <Outlet />
      </Sheet>
    </div>
  )
}

/** The ruled sheet that a page lies on. */
export function Sheet(props: { children: ReactNode }): ReactNode {
  return (
    <main
      id="main"
      tabIndex={-1}
      className="relative min-h-0 min-w-0 flex-1 overflow-y-auto border-line bg-sheet desk:my-2 desk:me-2 desk:rounded-lg desk:border phone:rounded-t-lg phone:border-t"
    >
      {props.children}
    </main>
  )
}
