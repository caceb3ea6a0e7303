import type { ComponentProps, ReactNode } from 'react'
import { toAriaKeys, type Keys } from '../lib/shortcuts.ts'
import { isMac } from '../lib/use-media.ts'
import { classNames } from './class-names.ts'
import { KeyCaps } from './key-caps.tsx'
import { Ring } from './ring.tsx'
import { Tooltip } from './tooltip.tsx'

const kinds = {
  primary:
    'bg-accent text-on-accent font-semibold border-transparent shadow-1 hover:bg-accent-hover aria-disabled:hover:bg-accent',
  default:
    'bg-sheet text-ink font-medium border-line-strong shadow-1 hover:bg-hover aria-disabled:text-ink-3 aria-disabled:hover:bg-sheet',
  ghost:
    'bg-transparent text-ink-2 font-medium border-transparent hover:bg-hover hover:text-ink aria-disabled:text-ink-3 aria-disabled:hover:bg-transparent',
  danger:
    'bg-danger-solid text-on-danger font-semibold border-transparent shadow-1 hover:bg-danger-hover aria-disabled:border-line aria-disabled:bg-hover aria-disabled:text-ink-3 aria-disabled:shadow-none',
  text: 'bg-transparent text-accent-text font-medium border-transparent -mx-1 px-1! hover:underline aria-disabled:text-ink-3',
}

const sizes = {
  small: 'h-[var(--h-sm)] px-2 rounded-sm',
  medium: 'h-[var(--h-md)] px-3 rounded-md',
  large: 'h-[var(--h-lg)] px-4 rounded-md',
}

/** How a button looks; also for links in a button's clothes. */
export interface ButtonLook {
  /** One `primary` a view; `text` is a button that reads like a link (“Replace key”). */
  kind?: keyof typeof kinds
  size?: keyof typeof sizes
}

/** The classes of a button, for `ButtonLink` and the triggers of menus. */
export function buttonClass({ kind = 'default', size = 'medium' }: ButtonLook, className?: string): string {
  return classNames(
    'relative inline-flex shrink-0 items-center justify-center align-middle gap-2 border text-body whitespace-nowrap',
    'transition-colors duration-[var(--t-fast)] select-none aria-disabled:cursor-default',
    sizes[size],
    kinds[kind],
    className,
  )
}

/**
 * A button that stays focusable when it cannot act: `busy`, `disabled` and a `reason` become `aria-disabled`, and
 * pressing it then does nothing. While busy a turning ring stands beside the unchanged words. A `reason` is shown as
 * tooltip and read as description; `keys` draws a shortcut (register the command apart).
 */
export function Button({
  kind,
  size,
  busy = false,
  disabled = false,
  reason,
  keys,
  type = 'button',
  className,
  onClick,
  children,
  ...rest
}: Omit<ComponentProps<'button'>, 'disabled'> &
  ButtonLook & { busy?: boolean; disabled?: boolean; reason?: string; keys?: Keys }): ReactNode {
  const inert = busy || disabled || reason !== undefined
  const button = (
    <button
      {...rest}
      type={type}
      aria-disabled={inert || undefined}
      aria-busy={busy || undefined}
      aria-description={reason}
      aria-keyshortcuts={keys === undefined ? undefined : toAriaKeys(keys, isMac)}
      onClick={(event) => {
        if (inert) event.preventDefault()
        else onClick?.(event)
      }}
      className={buttonClass({ kind, size }, className)}
    >
      {busy && <Ring />}
      {children}
      {keys !== undefined && (
        <KeyCaps keys={keys} on={kind === 'primary' ? 'accent' : 'sheet'} className="phone:hidden" />
      )}
    </button>
  )
  return reason === undefined ? button : <Tooltip words={reason}>{button}</Tooltip>
}
