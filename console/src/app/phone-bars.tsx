import { Link, useLocation } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { User } from '../api/client.ts'
import { Avatar } from '../features/account/avatar.tsx'
import { paths } from '../lib/paths.ts'
import { Brand } from '../ui/brand.tsx'
import { IconButton } from '../ui/icon-button.tsx'
import { Icon } from '../ui/icons.tsx'
import { MenuLink } from '../ui/menu-items.tsx'
import { Menu } from '../ui/menu.tsx'
import { AccountMenu } from './account-menu.tsx'
import { usePlaces } from './places.ts'

const slot =
  'flex h-full min-w-0 flex-1 flex-col items-center justify-center gap-[3px] text-micro font-medium text-ink-2 -outline-offset-2 aria-[current=page]:font-semibold aria-[current=page]:text-accent-text'

/** What a phone shows above the sheet: brand, search, account. */
export function TopBar(props: { user: User; onJump: () => void; onShortcuts: () => void }): ReactNode {
  return (
    <header className="flex h-[52px] shrink-0 items-center gap-1 px-4">
      <WayBack user={props.user} />
      <IconButton icon="search" label="Jump to…" onClick={props.onJump} />
      <AccountMenu
        user={props.user}
        onShortcuts={props.onShortcuts}
        side="bottom"
        trigger={
          <button type="button" className="relative grid size-[40px] place-items-center rounded-full">
            <span className="sr-only">Your account</span>
            <Avatar user={props.user} />
          </button>
        }
      />
    </header>
  )
}

/** The place that a deeper page lies in; on a place itself, the brand. */
function WayBack(props: { user: User }): ReactNode {
  const places = usePlaces(props.user)
  const path = useLocation({ select: ({ pathname }) => pathname.replace(/\/$/, '') })
  const above = places.find(({ to }) => to !== paths.home && path.startsWith(`${to}/`))
  if (above === undefined) {
    return (
      <Link to={paths.home} aria-label="Tenantry, home" className="me-auto rounded-sm">
        <Brand />
      </Link>
    )
  }
  return (
    <Link
      to={above.to}
      className="me-auto -ms-1 flex min-h-[40px] items-center gap-1 rounded-sm font-medium text-ink-2"
    >
      <Icon name="chevron-left" className="size-[18px] text-ink-3" />
      {above.name}
    </Link>
  )
}

/** What a phone shows below the sheet: up to four places and the rest under More. */
export function BottomBar(props: { user: User }): ReactNode {
  const places = usePlaces(props.user)
  const first = places
    .filter(({ phone }) => phone !== undefined)
    .sort((one, other) => (one.phone ?? 0) - (other.phone ?? 0))
  const rest = places.filter(({ phone }) => phone === undefined)
  return (
    <nav
      aria-label="Console"
      className="flex h-[calc(60px+env(safe-area-inset-bottom))] shrink-0 border-t border-line bg-canvas pb-[env(safe-area-inset-bottom)]"
    >
      {first.map((place) => (
        <Link
          key={place.to}
          to={place.to}
          activeOptions={{ exact: place.to === paths.home, includeSearch: false }}
          className={slot}
        >
          <Icon name={place.icon} className="size-[20px]" />
          {place.name}
        </Link>
      ))}
      <Menu
        side="top"
        trigger={
          <button type="button" className={slot}>
            <Icon name="menu" className="size-[20px]" />
            More
          </button>
        }
      >
        {rest.map((place) => (
          <MenuLink key={place.to}>
            <Link to={place.to}>
              <Icon name={place.icon} className="shrink-0 text-ink-3" />
              {place.name}
            </Link>
          </MenuLink>
        ))}
        <MenuLink>
          <Link to={paths.account}>
            <Icon name="account" className="shrink-0 text-ink-3" />
            Your account
          </Link>
        </MenuLink>
      </Menu>
    </nav>
  )
}
