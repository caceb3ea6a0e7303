import { useMemo, type ReactNode } from 'react'
import { useView } from '../../lib/use-view.ts'
import { useCommands, type Command } from '../../ui/commands.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { MenuItem } from '../../ui/menu-items.tsx'
import { Menu } from '../../ui/menu.tsx'
import { ImportDialog } from './import-dialog.tsx'
import { importView } from './import.view.ts'

/** Other ways to a new tenant than onboarding one, beside that button: importing one from its archive. */
export function ImportMenu(): ReactNode {
  const [view, change] = useView(importView)
  useCommands(
    useMemo(
      (): readonly Command[] => [
        {
          id: 'tenant.import',
          name: 'Import tenant…',
          group: 'In a list',
          icon: 'upload',
          palette: 'Everywhere',
          run: () => change({ import: true }),
        },
      ],
      [change],
    ),
  )
  return (
    <>
      <Menu trigger={<IconButton icon="more" label="Other ways to add a tenant" bordered />}>
        <MenuItem icon="upload" onSelect={() => change({ import: true })}>
          Import tenant…
        </MenuItem>
      </Menu>
      <ImportDialog open={view.import} onClose={() => change({ import: false })} />
    </>
  )
}
