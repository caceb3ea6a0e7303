import { Link, useLocation } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { paths } from '../lib/paths.ts'
import { EmptyHouse } from '../ui/empty-house.tsx'
import { PlainPage } from './plain-page.tsx'

/** Says that there is no such page, and where to go from here. */
export function NotFoundPage(): ReactNode {
  const { pathname } = useLocation()
  return (
    <PlainPage title="No such page">
      <div className="flex flex-col items-center px-6 pt-9 pb-10 text-center">
        <EmptyHouse />
        <h1 className="mt-4 text-[14px]/[20px] font-semibold text-ink">No such page</h1>
        <p className="mt-1 max-w-[40ch] wrap-anywhere text-ink-2">
          The console has nothing at <span className="font-mono text-meta">{pathname}</span>. The address may be
          mistyped, or the page has moved.
        </p>
        <Link to={paths.account} className="link mt-4">
          Go to your account
        </Link>
      </div>
    </PlainPage>
  )
}
