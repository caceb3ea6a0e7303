import type { ReactNode } from 'react'
import { classNames } from './class-names.ts'

const tones = {
  plain: 'border-line-strong text-ink-2',
  accent: 'border-accent-line bg-accent-soft text-accent-text',
  warn: 'border-warn-line bg-warn-soft text-warn',
  danger: 'border-danger-line bg-danger-soft text-danger',
}

/** A small bordered word, only for counts, “Live” and a test step's “Failed”. */
export function Badge(props: { tone?: keyof typeof tones; children: ReactNode }): ReactNode {
  return (
    <span
      className={classNames(
        'inline-flex h-[18px] min-w-[18px] items-center justify-center rounded-sm border px-[5px] text-micro font-medium tabular-nums',
        tones[props.tone ?? 'plain'],
      )}
    >
      {props.children}
    </span>
  )
}
