import type { ReactElement, ReactNode } from 'react'
import type { Keys } from '../lib/shortcuts.ts'
import { classNames } from './class-names.ts'
import { Icon, type IconName } from './icons.tsx'
import { KeyCaps } from './key-caps.tsx'
import { useMenuKit } from './use-menu-kit.ts'

const item =
  'flex min-h-[30px] cursor-default items-center gap-2 rounded-sm px-2 py-1 text-ink outline-none select-none data-highlighted:bg-hover data-disabled:text-ink-3 coarse:min-h-[40px]'

/** Something a menu does: a verb and its object, “…” only when a question follows. */
export function MenuItem(props: {
  icon?: IconName
  keys?: Keys
  danger?: boolean
  disabled?: boolean
  /** Words below, such as why it is disabled. */
  note?: string
  onSelect: () => void
  children: ReactNode
}): ReactNode {
  const kit = useMenuKit()
  return (
    <kit.Item
      className={classNames(item, props.danger && 'text-danger')}
      disabled={props.disabled}
      onSelect={props.onSelect}
    >
      {props.icon && <Icon name={props.icon} className={classNames('shrink-0', !props.danger && 'text-ink-3')} />}
      <span className="min-w-0 flex-1">
        {props.children}
        {props.note !== undefined && <span className="block text-meta text-ink-3">{props.note}</span>}
      </span>
      {props.keys !== undefined && <KeyCaps keys={props.keys} />}
    </kit.Item>
  )
}

/** A router link (or an anchor) as entry of a menu: `<MenuLink><Link to=…>Open</Link></MenuLink>`. */
export function MenuLink(props: { children: ReactElement }): ReactNode {
  const kit = useMenuKit()
  return (
    <kit.Item asChild className={item}>
      {props.children}
    </kit.Item>
  )
}

/** Exclusive choices inside a menu, the chosen one with a tick. */
export function MenuChoices<Value extends string>(props: {
  value: Value
  choices: readonly { value: Value; label: string; note?: string }[]
  onChoose: (value: Value) => void
}): ReactNode {
  const kit = useMenuKit()
  const choose = (value: string): void => {
    const choice = props.choices.find((candidate) => candidate.value === value)
    if (choice) props.onChoose(choice.value)
  }
  return (
    <kit.RadioGroup value={props.value} onValueChange={choose}>
      {props.choices.map((choice) => (
        <kit.RadioItem key={choice.value} value={choice.value} className={item}>
          <span className="w-4 shrink-0">
            <kit.ItemIndicator>
              <Icon name="check" className="text-accent-text" />
            </kit.ItemIndicator>
          </span>
          <span className="min-w-0 flex-1">
            {choice.label}
            {choice.note !== undefined && <span className="block text-meta text-ink-3">{choice.note}</span>}
          </span>
        </kit.RadioItem>
      ))}
    </kit.RadioGroup>
  )
}

/** The name of a part of a menu. */
export function MenuLabel(props: { children: ReactNode }): ReactNode {
  const kit = useMenuKit()
  return <kit.Label className="px-2 pt-2 pb-1 text-meta text-ink-3">{props.children}</kit.Label>
}

/** A hairline between parts of a menu. */
export function MenuLine(): ReactNode {
  const kit = useMenuKit()
  return <kit.Separator className="-mx-1 my-1 h-px bg-line" />
}
