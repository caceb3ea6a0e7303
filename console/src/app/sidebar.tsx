import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { User } from '../api/client.ts'
import { Avatar } from '../features/account/avatar.tsx'
import { describeRole } from '../features/account/describe-role.ts'
import { apiDocsPath, paths } from '../lib/paths.ts'
import { version } from '../lib/version.ts'
import { Brand } from '../ui/brand.tsx'
import { Icon } from '../ui/icons.tsx'

const item =
  'flex h-[30px] items-center gap-3 rounded-md px-2 text-ink-2 hover:bg-line/60 hover:text-ink aria-[current=page]:bg-line aria-[current=page]:font-semibold aria-[current=page]:text-ink'

/** The places of the console, on the canvas beside the sheet. */
export function Sidebar(props: { user: User }): ReactNode {
  return (
    <header className="flex h-dvh w-[var(--w-side)] shrink-0 flex-col px-3 phone:hidden">
      <div className="flex h-[54px] items-center px-2">
        <Brand />
      </div>
      <nav aria-label="Console" className="mt-1">
        <ul className="flex flex-col gap-px">
          <li>
            <Link to={paths.account} activeOptions={{ exact: true }} className={item}>
              <Icon name="account" />
              Your account
            </Link>
          </li>
          <li>
            <a href={apiDocsPath} className={item}>
              <Icon name="document" />
              API document
              <Icon name="outward" className="ms-auto size-[12px] shrink-0 text-ink-3" />
            </a>
          </li>
        </ul>
      </nav>
      <p className="mt-auto px-2 pb-3 text-meta text-ink-3">Tenantry {version}</p>
      <div className="flex items-center gap-[10px] border-t border-line px-2 py-4">
        <Avatar user={props.user} />
        <div className="min-w-0">
          <p className="truncate font-medium text-ink" title={props.user.email}>
            {props.user.full_name ?? props.user.email}
          </p>
          <p className="truncate text-meta text-ink-3">{describeRole(props.user).name}</p>
        </div>
      </div>
    </header>
  )
}

/** What a phone shows in place of the sidebar. */
export function TopBar(props: { user: User }): ReactNode {
  return (
    <header className="flex h-[52px] items-center justify-between px-4 desk:hidden">
      <Brand />
      <Avatar user={props.user} />
    </header>
  )
}
