import type { ReactNode } from 'react'
import { Brand } from '../ui/brand.tsx'

/** A small sheet on the canvas, for what is said when no page can be shown. */
export function PlainPage(props: { title: string; children: ReactNode }): ReactNode {
  return (
    <div className="flex min-h-dvh flex-col bg-canvas px-4">
      <title>{`${props.title.replace(/\.$/, '')} · Tenantry`}</title>
      <header className="flex h-[84px] items-center px-6 phone:h-[64px] phone:px-2">
        <Brand />
      </header>
      <main
        id="main"
        tabIndex={-1}
        className="mx-auto mt-[12dvh] w-full max-w-[480px] rounded-lg border border-line bg-sheet phone:mt-6"
      >
        {props.children}
      </main>
    </div>
  )
}
