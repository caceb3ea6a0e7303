import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactElement, ReactNode } from 'react'
import { useApi } from '../api/api-context.ts'
import type { User } from '../api/client.ts'
import { Avatar } from '../features/account/avatar.tsx'
import { describeRole } from '../features/account/describe-role.ts'
import { apiDocsPath, paths } from '../lib/paths.ts'
import { chooseTheme, useThemeChoice, type ThemeChoice } from '../lib/theme.ts'
import { version } from '../lib/version.ts'
import { Icon } from '../ui/icons.tsx'
import { MenuChoices, MenuItem, MenuLabel, MenuLine, MenuLink } from '../ui/menu-items.tsx'
import { Menu } from '../ui/menu.tsx'
import { useToasts } from '../ui/toasts.ts'

const themes: readonly { value: ThemeChoice; label: string }[] = [
  { value: 'system', label: 'As the device' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
]

/** Who is signed in, at the foot of the sidebar; opens the account's menu. */
export function AccountButton(props: { user: User; onShortcuts: () => void }): ReactNode {
  const { user } = props
  return (
    <AccountMenu
      {...props}
      side="top"
      trigger={
        <button
          type="button"
          className="flex w-full items-center gap-[10px] rounded-md px-2 py-[6px] text-start hover:bg-line/60"
        >
          <Avatar user={user} />
          <span className="min-w-0 flex-1">
            <span className="block truncate font-medium text-ink">{user.full_name ?? user.email}</span>
            <span className="block truncate text-meta text-ink-3">{describeRole(user).name}</span>
          </span>
          <Icon name="up-down" className="shrink-0 text-ink-3" />
        </button>
      }
    />
  )
}

/** The account's menu: account page, theme, shortcuts, API document, sign out. */
export function AccountMenu(props: {
  user: User
  trigger: ReactElement
  side: 'top' | 'bottom'
  onShortcuts: () => void
}): ReactNode {
  const api = useApi()
  const toasts = useToasts()
  const theme = useThemeChoice()
  const leave = useMutation({
    mutationFn: () => api.signOut(),
    onError: () =>
      toasts.failed('Still signed in: the server did not answer', {
        action: { label: 'Sign out', run: () => leave.mutate() },
      }),
  })
  return (
    <Menu
      trigger={props.trigger}
      side={props.side}
      align={props.side === 'top' ? 'start' : 'end'}
      className="w-[208px]"
    >
      <p className="truncate px-2 pt-2 pb-1 text-meta text-ink-3" title={props.user.email}>
        {props.user.email}
      </p>
      <MenuLink>
        <Link to={paths.account}>
          <Icon name="account" className="shrink-0 text-ink-3" />
          Your account
        </Link>
      </MenuLink>
      <MenuItem icon="keyboard" keys="?" onSelect={props.onShortcuts}>
        Keyboard shortcuts
      </MenuItem>
      <MenuLink>
        <a href={apiDocsPath}>
          <Icon name="document" className="shrink-0 text-ink-3" />
          API document
        </a>
      </MenuLink>
      <MenuLine />
      <MenuLabel>Theme</MenuLabel>
      <MenuChoices value={theme} choices={themes} onChoose={chooseTheme} />
      <MenuLine />
      <MenuItem icon="leave" disabled={leave.isPending} onSelect={() => leave.mutate()}>
        Sign out
      </MenuItem>
      <p className="px-2 pt-1 pb-1 text-micro text-ink-3">Tenantry {version}</p>
    </Menu>
  )
}
