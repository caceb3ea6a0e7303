import type { ReactNode } from 'react'
import { commandGroups, useCommandList, type Command } from '../ui/commands.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { KeyCaps } from '../ui/key-caps.tsx'

/** Every shortcut that works here and now, by where it belongs. */
export function ShortcutSheet(props: { isSuperuser: boolean; onClose: () => void }): ReactNode {
  const commands = useCommandList()
  return (
    <Dialog open onClose={props.onClose} title="Keyboard shortcuts">
      {commandGroups.map((group) => (
        <Group
          key={group}
          // Owners know their tenants as organizations.
          name={props.isSuperuser ? group : group.replace('a tenant', 'an organization')}
          commands={commands.filter((command) => command.group === group)}
        />
      ))}
    </Dialog>
  )
}

function Group(props: { name: string; commands: readonly Command[] }): ReactNode {
  const withKeys = props.commands.filter(({ keys }) => keys !== undefined)
  if (withKeys.length === 0) return null
  return (
    <section className="mt-3 first:mt-0">
      <h3 className="text-meta text-ink-3">{props.name}</h3>
      <dl>
        {withKeys.map(({ id, name, keys }) => (
          <div key={id} className="flex min-h-[28px] items-center justify-between gap-4">
            <dt className="text-ink">{name.replace(/…$/, '')}</dt>
            <dd>
              <KeyCaps keys={keys ?? ''} className="coarse:inline-flex" />
              <span className="sr-only">{keys}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
