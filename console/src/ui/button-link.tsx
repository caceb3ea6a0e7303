import { createLink } from '@tanstack/react-router'
import type { ComponentProps, ReactNode } from 'react'
import { toAriaKeys, type Keys } from '../lib/shortcuts.ts'
import { isMac } from '../lib/use-media.ts'
import { buttonClass, type ButtonLook } from './button.tsx'
import { KeyCaps } from './key-caps.tsx'

function Anchor({
  kind,
  size,
  keys,
  className,
  children,
  ...rest
}: ComponentProps<'a'> & ButtonLook & { keys?: Keys }): ReactNode {
  return (
    <a
      {...rest}
      aria-keyshortcuts={keys === undefined ? undefined : toAriaKeys(keys, isMac)}
      className={buttonClass({ kind, size }, className)}
    >
      {children}
      {keys !== undefined && (
        <KeyCaps keys={keys} on={kind === 'primary' ? 'accent' : 'sheet'} className="phone:hidden" />
      )}
    </a>
  )
}

/** A router link in a button's clothes, for what leads to another page (“New tenant”). Props of `Link` and `Button`. */
export const ButtonLink = createLink(Anchor)
