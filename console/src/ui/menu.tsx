import { DropdownMenu } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'
import type { Keys } from '../lib/shortcuts.ts'
import { classNames } from './class-names.ts'
import { Icon, type IconName } from './icons.tsx'
import { KeyCaps } from './key-caps.tsx'

const item =
  'flex min-h-[30px] cursor-default items-center gap-2 rounded-sm px-2 py-1 text-ink outline-none select-none data-highlighted:bg-hover data-disabled:text-ink-3 coarse:min-h-[40px]'

/** A menu that opens from `trigger` (a `Button`, `IconButton`, …). Holds `MenuItem`, `MenuChoices`, `MenuLabel`, `MenuLine`. */
export function Menu(props: {
  trigger: ReactElement
  align?: 'start' | 'center' | 'end'
  side?: 'top' | 'bottom'
  /** For whoever opens it in another way than by its trigger. */
  open?: boolean
  onOpenChange?: (open: boolean) => void
  children: ReactNode
  className?: string
}): ReactNode {
  return (
    // Not modal: locking the scroll would need an inline style element, which the policy forbids. Not in a portal: it
    // stays in its landmark, and above the dialog it may stand in; fixed boxes are not cut by what scrolls.
    <DropdownMenu.Root modal={false} open={props.open} onOpenChange={props.onOpenChange}>
      <DropdownMenu.Trigger asChild>{props.trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Content
        align={props.align ?? 'end'}
        side={props.side ?? 'bottom'}
        sideOffset={6}
        collisionPadding={8}
        className={classNames(
          'appear z-40 max-h-[min(420px,var(--radix-dropdown-menu-content-available-height))] min-w-[180px] overflow-y-auto rounded-lg border border-line bg-raised text-start text-body font-normal whitespace-normal text-ink shadow-2 p-1',
          props.className,
        )}
      >
        {props.children}
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  )
}

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
  return (
    <DropdownMenu.Item
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
    </DropdownMenu.Item>
  )
}

/** A router link (or an anchor) as entry of a menu: `<MenuLink><Link to=…>Open</Link></MenuLink>`. */
export function MenuLink(props: { children: ReactElement }): ReactNode {
  return (
    <DropdownMenu.Item asChild className={item}>
      {props.children}
    </DropdownMenu.Item>
  )
}

/** Exclusive choices inside a menu, the chosen one with a tick. */
export function MenuChoices<Value extends string>(props: {
  value: Value
  choices: readonly { value: Value; label: string; note?: string }[]
  onChoose: (value: Value) => void
}): ReactNode {
  const choose = (value: string): void => {
    const choice = props.choices.find((candidate) => candidate.value === value)
    if (choice) props.onChoose(choice.value)
  }
  return (
    <DropdownMenu.RadioGroup value={props.value} onValueChange={choose}>
      {props.choices.map((choice) => (
        <DropdownMenu.RadioItem key={choice.value} value={choice.value} className={item}>
          <span className="w-4 shrink-0">
            <DropdownMenu.ItemIndicator>
              <Icon name="check" className="text-accent-text" />
            </DropdownMenu.ItemIndicator>
          </span>
          <span className="min-w-0 flex-1">
            {choice.label}
            {choice.note !== undefined && <span className="block text-meta text-ink-3">{choice.note}</span>}
          </span>
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  )
}

/** One of several that may each be on, inside a menu; the menu stays open. */
export function MenuCheck(props: {
  checked: boolean
  onChange: (checked: boolean) => void
  children: ReactNode
}): ReactNode {
  return (
    <DropdownMenu.CheckboxItem
      checked={props.checked}
      onCheckedChange={props.onChange}
      onSelect={(event) => event.preventDefault()}
      className={item}
    >
      <span className="w-4 shrink-0">
        <DropdownMenu.ItemIndicator>
          <Icon name="check" className="text-accent-text" />
        </DropdownMenu.ItemIndicator>
      </span>
      {props.children}
    </DropdownMenu.CheckboxItem>
  )
}

/** The name of a part of a menu. */
export function MenuLabel(props: { children: ReactNode }): ReactNode {
  return <DropdownMenu.Label className="px-2 pt-2 pb-1 text-meta text-ink-3">{props.children}</DropdownMenu.Label>
}

/** A hairline between parts of a menu. */
export function MenuLine(): ReactNode {
  return <DropdownMenu.Separator className="-mx-1 my-1 h-px bg-line" />
}
