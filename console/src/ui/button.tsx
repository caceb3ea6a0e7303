import type { ComponentProps, ReactNode } from 'react'
import { classNames } from './class-names.ts'

const kinds = {
  primary:
    'bg-accent text-on-accent font-semibold border-transparent shadow-1 hover:bg-accent-hover aria-disabled:hover:bg-accent',
  default:
    'bg-sheet text-ink font-medium border-line-strong shadow-1 hover:bg-hover aria-disabled:text-ink-3 aria-disabled:hover:bg-sheet',
  ghost: 'bg-transparent text-ink-2 font-medium border-transparent hover:bg-hover hover:text-ink',
}

const sizes = {
  small: 'h-[var(--h-sm)] px-2 rounded-sm',
  medium: 'h-[var(--h-md)] px-3 rounded-md',
  large: 'h-[var(--h-lg)] px-4 rounded-md',
}

/**
 * A button that stays focusable when it cannot act: `busy` and `disabled` become `aria-disabled`, and pressing it then
 * does nothing. While busy a turning ring stands beside the unchanged words.
 */
export function Button({
  kind = 'default',
  size = 'medium',
  busy = false,
  disabled = false,
  type = 'button',
  className,
  onClick,
  children,
  ...rest
}: Omit<ComponentProps<'button'>, 'disabled'> & {
  kind?: keyof typeof kinds
  size?: keyof typeof sizes
  busy?: boolean
  disabled?: boolean
}): ReactNode {
  const inert = busy || disabled
  return (
    <button
      {...rest}
      type={type}
      aria-disabled={inert || undefined}
      aria-busy={busy || undefined}
      onClick={(event) => {
        if (inert) event.preventDefault()
        else onClick?.(event)
      }}
      className={classNames(
        'relative inline-flex shrink-0 items-center justify-center gap-2 border text-body whitespace-nowrap',
        'transition-colors duration-[var(--t-fast)] select-none aria-disabled:cursor-default',
        kinds[kind],
        sizes[size],
        className,
      )}
    >
      {busy && <BusyRing />}
      {children}
    </button>
  )
}

/** A ring with a gap, in the text's colour, for work that goes on. */
function BusyRing(): ReactNode {
  return (
    <svg viewBox="0 0 16 16" width="14" height="14" fill="none" aria-hidden="true" className="turn shrink-0">
      <circle cx="8" cy="8" r="6.2" stroke="currentColor" strokeWidth="1.8" opacity=".3" />
      <path d="M8 1.800A6.2 6.2 0 0 1 14.2 8" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" />
    </svg>
  )
}
