import { useId, type ReactNode } from 'react'
import { classNames } from './class-names.ts'

/** A ruled part of the sheet: its head with actions at the right, then its content. Never a card. */
export function Section(props: {
  title: string
  /** Beside the title: a `Badge`, a quiet number. */
  aside?: ReactNode
  actions?: ReactNode
  /** Content that reaches the edges, such as a `Table`. */
  bleed?: boolean
  children: ReactNode
  className?: string
}): ReactNode {
  const id = useId()
  return (
    <section
      aria-labelledby={id}
      className={classNames('relative border-b border-line last:border-b-0', props.className)}
    >
      <div className="flex min-h-[26px] flex-wrap items-center gap-x-2 gap-y-1 px-6 pt-[18px] pb-3 phone:px-4">
        <h2 id={id} className="text-[14px]/[20px] font-semibold text-ink">
          {props.title}
        </h2>
        {props.aside}
        {props.actions !== undefined && <div className="ms-auto flex items-center gap-2">{props.actions}</div>}
      </div>
      <div className={props.bleed ? undefined : 'px-6 pb-[18px] phone:px-4'}>{props.children}</div>
    </section>
  )
}

/** A page with a rail: work at the left, what needs somebody at the right, or below where the work would get too narrow. */
export function WithRail(props: { children: ReactNode; rail: ReactNode; label: string }): ReactNode {
  return (
    <div className="@container flex min-h-[calc(100%-var(--head-h,60px))] flex-col">
      <div className="flex flex-1 flex-col @min-[1000px]:flex-row">
        <div className="min-w-0 flex-1">{props.children}</div>
        <aside
          aria-label={props.label}
          className="shrink-0 border-t border-line @min-[1000px]:w-[clamp(296px,24vw,336px)] @min-[1000px]:border-s @min-[1000px]:border-t-0"
        >
          {props.rail}
        </aside>
      </div>
    </div>
  )
}
