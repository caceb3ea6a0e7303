import type { ComponentProps, ReactNode } from 'react'
import type { Keys } from '../lib/shortcuts.ts'
import { toAriaKeys } from '../lib/shortcuts.ts'
import { isMac } from '../lib/use-media.ts'
import { classNames } from './class-names.ts'
import { Icon, type IconName } from './icons.tsx'
import { Tooltip } from './tooltip.tsx'

/**
 * A square button of one drawing, for toolbars only. Its `label` is its name and its tooltip; a `reason` says why it
 * cannot act and makes it inert, still focusable.
 */
export function IconButton({
  icon,
  label,
  keys,
  reason,
  size = 'medium',
  bordered = false,
  className,
  onClick,
  ...rest
}: Omit<ComponentProps<'button'>, 'children' | 'aria-label' | 'disabled'> & {
  icon: IconName
  label: string
  keys?: Keys
  reason?: string
  size?: 'small' | 'medium'
  bordered?: boolean
}): ReactNode {
  const inert = reason !== undefined
  return (
    <Tooltip words={reason ?? label} keys={inert ? undefined : keys}>
      <button
        {...rest}
        type="button"
        aria-label={label}
        aria-disabled={inert || undefined}
        aria-description={reason}
        aria-keyshortcuts={keys === undefined ? undefined : toAriaKeys(keys, isMac)}
        onClick={(event) => {
          if (inert) event.preventDefault()
          else onClick?.(event)
        }}
        className={classNames(
          'grid shrink-0 place-items-center text-ink-2 transition-colors duration-[var(--t-fast)]',
          'hover:bg-hover hover:text-ink aria-disabled:cursor-default aria-disabled:bg-transparent aria-disabled:text-ink-3',
          size === 'small' ? 'size-[var(--h-sm)] rounded-sm' : 'size-[var(--h-md)] rounded-md',
          bordered && 'border border-line-strong bg-sheet shadow-1',
          className,
        )}
      >
        <Icon name={icon} />
      </button>
    </Tooltip>
  )
}
