import type { ReactNode } from 'react'
import { version } from '../../lib/version.ts'
import { Brand } from '../../ui/brand.tsx'
import { Skyline } from '../../ui/skyline.tsx'

/** The place before one is signed in: one column, and the house beside it (below it on a phone). */
export function Entrance(props: { title: string; lead: ReactNode; children: ReactNode }): ReactNode {
  return (
    <div className="grid min-h-dvh bg-sheet desk:grid-cols-[minmax(440px,39%)_1fr] phone:grid-rows-[auto_minmax(120px,1fr)]">
      <title>{`${props.title} · Tenantry`}</title>
      <div className="flex flex-col desk:min-h-dvh">
        <header className="flex h-[84px] items-center px-10 phone:h-[64px] phone:px-6">
          <Brand />
        </header>
        <main
          id="main"
          tabIndex={-1}
          className="mx-auto flex w-full max-w-[392px] flex-col px-6 desk:my-auto desk:pt-2 desk:pb-6 phone:max-w-[440px] phone:pt-6 phone:pb-10"
        >
          <h1 className="text-figure font-semibold tracking-[-.02em] text-ink">{props.title}</h1>
          <p className="mt-1 text-ink-2">{props.lead}</p>
          {props.children}
        </main>
        <footer className="flex flex-wrap gap-x-10 gap-y-1 px-10 py-7 text-meta text-ink-3 phone:px-6 phone:pt-0 phone:pb-5">
          <span>Tenantry {version}</span>
          <span>Runs on your own server. This page asks nobody else for anything.</span>
        </footer>
      </div>
      <div className="relative">
        <div className="absolute inset-0">
          <Skyline />
        </div>
      </div>
    </div>
  )
}
