import { createLink, type LinkProps } from '@tanstack/react-router'
import { useEffect, useRef, type ComponentProps, type ReactNode } from 'react'
import { classNames } from './class-names.ts'

/** One tab: where it leads, its name and a count in quiet ink (or red, when it counts what needs somebody). */
export interface TabItem {
  key: string
  name: string
  link: Pick<LinkProps, 'to' | 'params' | 'search'>
  count?: string
  alarming?: boolean
  /** Whether this is the tab shown; left out, the router decides by path alone. */
  current?: boolean
  /** Also shown as current on the pages below it. */
  holds?: boolean
}

/** Tabs as links with a 2 px underline; on a phone they scroll and fade at the edge. */
export function Tabs(props: { label: string; items: readonly TabItem[] }): ReactNode {
  return (
    <nav aria-label={props.label} className="border-b border-line">
      <ul className="fade-edge flex gap-5 overflow-x-auto px-6 phone:ps-4 phone:pe-8">
        {props.items.map(({ key, name, link, count, alarming, current, holds = false }) => (
          <li key={key} className="shrink-0">
            <TabLink
              {...link}
              activeOptions={{ exact: !holds, includeSearch: false }}
              current={current}
              className={classNames(
                'relative flex h-[38px] items-center gap-[6px] text-ink-2 -outline-offset-2 hover:text-ink',
                'aria-[current=page]:font-medium aria-[current=page]:text-ink aria-[current=page]:after:absolute aria-[current=page]:after:inset-x-0 aria-[current=page]:after:-bottom-px aria-[current=page]:after:h-[2px] aria-[current=page]:after:bg-accent',
              )}
            >
              {name}
              {count !== undefined && (
                <span
                  className={classNames(
                    'text-meta font-normal tabular-nums',
                    alarming ? 'font-semibold text-danger' : 'text-ink-3',
                  )}
                >
                  {count}
                </span>
              )}
            </TabLink>
          </li>
        ))}
      </ul>
    </nav>
  )
}

/**
 * A link that leaves it to its tab whether it is current, when the tab knows better than the router. The current one is
 * scrolled into sight where its row is too long for the screen.
 */
const TabLink = createLink(function TabAnchor({
  current,
  'aria-current': active,
  ...rest
}: ComponentProps<'a'> & { current?: boolean }): ReactNode {
  const shown = current === undefined ? active : current ? 'page' : undefined
  const tab = useRef<HTMLAnchorElement>(null)
  useEffect(() => {
    const row = tab.current?.closest('ul')
    if (shown !== 'page' || !tab.current || !row || row.scrollWidth <= row.clientWidth) return
    const [own, all] = [tab.current.getBoundingClientRect(), row.getBoundingClientRect()]
    row.scrollBy({ left: own.left + own.width / 2 - (all.left + all.width / 2), behavior: 'instant' })
  }, [shown])
  return <a {...rest} ref={tab} aria-current={shown} />
})
