import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Icon } from './icons.tsx'

/** Before a page's title, the page above it: “System ›”. */
export function AboveLink(props: { to: string; children: string; className?: string }): ReactNode {
  return (
    <nav aria-label="Above" className={`flex items-center gap-[6px] ${props.className ?? ''}`}>
      <Link to={props.to} className="rounded-xs text-ink-2 hover:text-ink hover:underline">
        {props.children}
      </Link>
      <Icon name="chevron-right" className="size-[14px] text-ink-3" />
    </nav>
  )
}
