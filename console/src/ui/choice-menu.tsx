import { useMemo, useState, type ReactNode } from 'react'
import type { Keys } from '../lib/shortcuts.ts'
import { useCommands, type Command } from './commands.tsx'
import { Button, type ButtonLook } from './button.tsx'
import { Icon, type IconName } from './icons.tsx'
import { MenuChoices } from './menu-items.tsx'
import { Menu } from './menu.tsx'

/** A button that shows the current choice and opens the others, where a `Segmented` would be too wide. */
export function ChoiceMenu<Value extends string>(props: {
  /** What is chosen, for those who do not see it: “Model”. */
  label: string
  value: Value
  choices: readonly { value: Value; label: string; note?: string }[]
  onChoose: (value: Value) => void
  icon?: IconName
  size?: ButtonLook['size']
  /** Opens it: `F` for the filters of a list. */
  keys?: Keys
  className?: string
}): ReactNode {
  const { keys, label } = props
  const [open, setOpen] = useState(false)
  useCommands(useMemo(() => offerOpening({ keys, label, onOpen: () => setOpen(true) }), [keys, label]))
  const chosen = props.choices.find(({ value }) => value === props.value)
  return (
    <Menu
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button size={props.size} className={props.className} aria-label={`${props.label}: ${chosen?.label ?? 'none'}`}>
          {props.icon && <Icon name={props.icon} className="shrink-0 text-ink-3" />}
          <span className="truncate">{chosen?.label ?? props.label}</span>
          {!props.icon && <Icon name="chevron-down" className="size-[14px] shrink-0 text-ink-3" />}
        </Button>
      }
    >
      <MenuChoices value={props.value} choices={props.choices} onChoose={props.onChoose} />
    </Menu>
  )
}

function offerOpening(options: { keys: Keys | undefined; label: string; onOpen: () => void }): readonly Command[] {
  const { keys, label, onOpen } = options
  if (keys === undefined) return []
  return [
    {
      id: 'list.filter',
      name: `Filter by ${label.toLowerCase()}`,
      group: 'In a list',
      keys,
      palette: false,
      run: onOpen,
    },
  ]
}
