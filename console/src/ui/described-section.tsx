import { useId, type ReactNode } from 'react'
import { classNames } from './class-names.ts'

/** A ruled part of the sheet that says what it is for: head and lead at the left, content at the right (below on a phone). */
export function DescribedSection(props: {
  title: string
  lead: string
  /** Its name in addresses: `#api-keys`. */
  anchor?: string
  /** Room for facts instead of a form's narrow column. */
  wide?: boolean
  children: ReactNode
}): ReactNode {
  const id = useId()
  return (
    <section
      id={props.anchor}
      aria-labelledby={id}
      className={classNames(
        'relative grid scroll-mt-[120px] gap-x-10 gap-y-4 border-b border-line px-6 py-7 last:border-b-0 phone:px-4 phone:py-6',
        props.wide
          ? 'desk:grid-cols-[minmax(180px,260px)_minmax(0,640px)]'
          : 'desk:grid-cols-[minmax(180px,260px)_minmax(0,420px)]',
      )}
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
