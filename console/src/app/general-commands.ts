import { useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { User } from '../api/client.ts'
import { apiDocsPath, paths } from '../lib/paths.ts'
import { chooseTheme } from '../lib/theme.ts'
import { useCommands, type Command } from '../ui/commands.tsx'
import { maySee, usePlaces } from './places.ts'

/** Offers what can be done anywhere: jumping, the places, the theme, the sheet of shortcuts. */
export function useGeneralCommands(options: { user: User; onOpen: (what: 'palette' | 'shortcuts') => void }): void {
  const { user, onOpen } = options
  const places = usePlaces(user)
  const navigate = useNavigate()
  const commands = useMemo(
    (): readonly Command[] => [
      {
        id: 'palette.open',
        name: 'Jump to anything',
        group: 'Anywhere',
        keys: 'Mod+K',
        palette: false,
        run: () => onOpen('palette'),
      },
      ...places.map((place): Command => ({
        id: `go.${place.to}`,
        name: place.order === 1 ? 'Go home' : `Go to ${place.name}`,
        group: 'Anywhere',
        keys: `G ${place.letter}`,
        icon: place.icon,
        run: () => void navigate({ to: place.to }),
      })),
      ...(maySee(user, 'manager')
        ? [
            {
              id: 'tenant.new',
              name: user.is_superuser ? 'New tenant' : 'New organization',
              group: 'Anywhere',
              icon: 'plus',
              words: 'onboard create add customer',
              run: () => void navigate({ to: paths.newTenant }),
            } satisfies Command,
          ]
        : []),
      ...(user.is_superuser
        ? [
            {
              id: 'go.mailbox',
              name: 'Open the mailbox',
              group: 'Anywhere',
              icon: 'document',
              words: 'mail invite verification reset link',
              run: () => void navigate({ to: paths.mailbox }),
            } satisfies Command,
            {
              id: 'go.prices',
              name: 'Open prices of models',
              group: 'Anywhere',
              icon: 'document',
              words: 'cost price model token dollar',
              run: () => void navigate({ to: '/system/prices' }),
            } satisfies Command,
            {
              id: 'go.servers',
              name: 'Open database servers',
              group: 'Anywhere',
              icon: 'document',
              words: 'postgresql dedicated fleet',
              run: () => void navigate({ to: '/system/servers' }),
            } satisfies Command,
          ]
        : []),
      {
        id: 'go.account',
        name: 'Open your account',
        group: 'Anywhere',
        icon: 'account',
        words: 'profile password name settings',
        run: () => void navigate({ to: paths.account }),
      },
      {
        id: 'theme.toggle',
        name: 'Light or dark',
        group: 'Anywhere',
        keys: 'Shift+D',
        icon: 'moon',
        words: 'theme appearance',
        run: () => chooseTheme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark'),
      },
      {
        id: 'docs.open',
        name: 'Open the API document',
        group: 'Anywhere',
        icon: 'document',
        words: 'swagger openapi reference',
        run: () => location.assign(apiDocsPath),
      },
      {
        id: 'shortcuts.open',
        name: 'Show keyboard shortcuts',
        group: 'Anywhere',
        keys: '?',
        icon: 'keyboard',
        run: () => onOpen('shortcuts'),
      },
    ],
    [navigate, onOpen, places, user],
  )
  useCommands(commands)
}
