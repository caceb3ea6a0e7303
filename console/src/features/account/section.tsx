import { useId, type ReactNode } from 'react'

/** A ruled section of the sheet: its head at the left, its controls at the right (below it on a phone). */
export function Section(props: { title: string; lead: string; children: ReactNode }): ReactNode {
  const id = useId()
  return (
    <section
      aria-labelledby={id}
      className="grid gap-x-10 gap-y-4 border-b border-line px-6 py-7 desk:grid-cols-[minmax(180px,260px)_minmax(0,420px)] phone:px-4 phone:py-6"
    >
      <div>
        <h2 id={id} className="text-[14px]/[20px] font-semibold text-ink">
          {props.title}
        </h2>
        <p className="max-w-[40ch] text-ink-3">{props.lead}</p>
      </div>
      <div className="min-w-0">{props.children}</div>
    </section>
  )
}
