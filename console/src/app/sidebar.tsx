import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { User } from '../api/client.ts'
import { HealthLine } from '../features/health/health-line.tsx'
import { paths, tenantPath, tenantRoutePath } from '../lib/paths.ts'
import { useRecentTenants } from '../lib/recent-tenants.ts'
import { Brand } from '../ui/brand.tsx'
import { Icon } from '../ui/icons.tsx'
import { KeyCaps } from '../ui/key-caps.tsx'
import { Plate } from '../ui/plate.tsx'
import { AccountButton } from './account-menu.tsx'
import { useHasPage, usePlaces } from './places.ts'

const item =
  'group flex h-[30px] items-center gap-3 rounded-md px-2 text-ink-2 hover:bg-line/60 hover:text-ink aria-[current=page]:bg-line aria-[current=page]:font-semibold aria-[current=page]:text-ink'

/** The places of the console, on the canvas beside the sheet. */
export function Sidebar(props: { user: User; onJump: () => void; onShortcuts: () => void }): ReactNode {
  const places = usePlaces(props.user)
  return (
    <header className="flex h-dvh w-[var(--w-side)] shrink-0 flex-col px-3 pb-2">
      <div className="flex h-[54px] shrink-0 items-center px-2">
        <Link to={paths.home} aria-label="Tenantry, home" className="rounded-sm">
          <Brand />
        </Link>
      </div>
      <button
        type="button"
        onClick={props.onJump}
        aria-keyshortcuts="Meta+K Control+K"
        className="mb-4 flex h-[var(--h-md)] shrink-0 items-center gap-2 rounded-md border border-line-strong bg-sheet ps-[9px] pe-2 text-ink-3 shadow-1 hover:bg-hover"
      >
        <Icon name="search" />
        <span className="flex-1 text-start">Jump to…</span>
        <KeyCaps keys="Mod+K" />
      </button>
      <div className="-mx-1 min-h-0 flex-1 overflow-y-auto px-1 py-px">
        {places.length > 0 && (
          <nav aria-label="Console">
            <ul className="flex flex-col gap-px">
              {places.map((place) => (
                <li key={place.to}>
                  <Link
                    to={place.to}
                    activeOptions={{ exact: place.to === paths.home, includeSearch: false }}
                    className={item}
                  >
                    <Icon name={place.icon} className="shrink-0 group-aria-[current=page]:text-accent" />
                    {place.name}
                    {place.aside && (
                      <span className="ms-auto text-meta font-normal text-ink-2 tabular-nums">
                        <place.aside />
                      </span>
                    )}
                  </Link>
                </li>
              ))}
            </ul>
          </nav>
        )}
        <RecentTenants noun={props.user.is_superuser ? 'tenants' : 'organizations'} />
      </div>
      <div className="pt-2 pb-1">
        <HealthLine />
      </div>
      <div className="border-t border-line pt-2">
        <AccountButton user={props.user} onShortcuts={props.onShortcuts} />
      </div>
    </header>
  )
}

function RecentTenants(props: { noun: string }): ReactNode {
  const tenants = useRecentTenants()
  const hasPage = useHasPage(tenantRoutePath)
  if (!hasPage || tenants.length === 0) return null
  return (
    <nav aria-labelledby="recent-tenants" className="mt-5">
      <h2 id="recent-tenants" className="px-2 pb-[6px] text-meta text-ink-3">
        Recent {props.noun}
      </h2>
      <ul className="flex flex-col gap-px">
        {tenants.map(({ id, name }) => (
          <li key={id}>
            <Link to={tenantPath(id)} className={item} activeProps={{ 'aria-current': undefined }}>
              <Plate tenantId={id} size={18} />
              <span dir="auto" className="truncate" title={name}>
                {name}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
