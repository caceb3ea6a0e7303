import type { ReactNode } from 'react'
import { classNames } from './class-names.ts'
import { Icon, type IconName } from './icons.tsx'

const tones = {
  danger: { box: 'border-danger-line bg-danger-soft', icon: 'text-danger' },
  warn: { box: 'border-warn-line bg-warn-soft', icon: 'text-warn' },
  fine: { box: 'border-accent-line bg-accent-soft', icon: 'text-accent-text' },
}

/** Something to know before going on: what happened in bold, what to do below. */
export function Notice(props: {
  tone: keyof typeof tones
  icon: IconName
  title: string
  children?: ReactNode
}): ReactNode {
  const tone = tones[props.tone]
  return (
    <div className={classNames('flex gap-[10px] rounded-md border px-3 py-[10px]', tone.box)}>
      <Icon name={props.icon} className={classNames('mt-[2px] size-[16px] shrink-0', tone.icon)} />
      <div className="min-w-0">
        <p className="font-semibold text-ink">{props.title}</p>
        {props.children !== undefined && <div className="text-ink-2">{props.children}</div>}
      </div>
    </div>
  )
}
