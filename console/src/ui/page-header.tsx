import { useEffect, useRef, type ReactNode } from 'react'
import { AboveLink } from './above-link.tsx'
import { Bar } from './bar.tsx'
import { classNames } from './class-names.ts'

/**
 * The head of a page: title, a subtitle beside it, actions at the right (one primary at most), then tabs and a bar of
 * filters. It stays while the sheet scrolls; its height is `--head-h` on the sheet, where table heads stick. On a phone it scrolls away.
 */
export function PageHeader(props: {
  /** The title of the page and of the browser's tab. */
  title: string
  /** The page above this one, named before the title. */
  above?: { to: string; name: string }
  /** Drawn instead of the plain title: plate, state. Must hold an `h1` with the title. */
  heading?: ReactNode
  subtitle?: ReactNode
  actions?: ReactNode
  /** A `Tabs`. */
  tabs?: ReactNode
  /** Search, chips, choices. */
  bar?: ReactNode
}): ReactNode {
  const head = useRef<HTMLElement>(null)
  useEffect(() => {
    const element = head.current
    const sheet = element?.closest('main')
    if (!element || !sheet) return undefined
    const observer = new ResizeObserver(() => sheet.style.setProperty('--head-h', `${element.offsetHeight}px`))
    observer.observe(element)
    return () => {
      observer.disconnect()
      sheet.style.removeProperty('--head-h')
    }
  }, [])
  return (
    <header ref={head} className="sticky top-0 z-20 rounded-t-lg bg-sheet phone:static">
      <title>{`${props.title} · Tenantry`}</title>
      <div
        className={classNames(
          'flex min-h-[60px] flex-wrap items-center gap-x-4 gap-y-2 px-6 py-2 phone:px-4',
          props.tabs === undefined && 'border-b border-line',
        )}
      >
        {props.heading ?? (
          <div className="flex min-w-0 items-center gap-x-[10px]">
            {props.above && <AboveLink to={props.above.to}>{props.above.name}</AboveLink>}
            <div className="flex min-w-0 flex-wrap items-baseline gap-x-3">
              <h1 className="text-title font-semibold tracking-[-.015em] text-ink">{props.title}</h1>
              {props.subtitle !== undefined && (
                <p className="text-meta text-ink-3 tabular-nums phone:hidden">{props.subtitle}</p>
              )}
            </div>
          </div>
        )}
        {props.actions !== undefined && <div className="ms-auto flex items-center gap-2">{props.actions}</div>}
      </div>
      {props.tabs}
      {props.bar !== undefined && <Bar>{props.bar}</Bar>}
    </header>
  )
}
