import { useNavigate } from '@tanstack/react-router'
import { useMemo, type ReactNode } from 'react'
import { paths } from '../lib/paths.ts'
import { ButtonLink } from '../ui/button-link.tsx'
import { useCommands, type Command } from '../ui/commands.tsx'
import { Icon } from '../ui/icons.tsx'

/** Leads to onboarding, by pointer or by N; the palette has its own entry for it on every page. */
export function NewTenantButton(props: {
  /** What it makes: “New tenant” or “New organization”. */
  words?: string
}): ReactNode {
  const { words = 'New tenant' } = props
  const navigate = useNavigate()
  useCommands(
    useMemo(
      (): readonly Command[] => [
        {
          id: 'tenant.new-here',
          name: words,
          group: 'In a list',
          keys: 'N',
          palette: false,
          run: () => void navigate({ to: paths.newTenant }),
        },
      ],
      [navigate, words],
    ),
  )
  return (
    <ButtonLink kind="primary" to={paths.newTenant} keys="N">
      <Icon name="plus" className="shrink-0" />
      {words}
    </ButtonLink>
  )
}
