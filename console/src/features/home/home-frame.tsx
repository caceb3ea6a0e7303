import type { ReactNode } from 'react'

/** Work at the left and what needs somebody at the right; below it where five figures would get too narrow. */
export function HomeFrame(props: { children: ReactNode; rail: ReactNode }): ReactNode {
  return (
    <div className="@container flex min-h-[calc(100%-var(--head-h,60px))] flex-col">
      <div className="flex flex-1 flex-col @min-[1000px]:flex-row">
        <div className="min-w-0 flex-1">{props.children}</div>
        <aside
          aria-label="What needs somebody"
          className="shrink-0 border-t border-line @min-[1000px]:w-[clamp(296px,24vw,336px)] @min-[1000px]:border-s @min-[1000px]:border-t-0"
        >
          {props.rail}
        </aside>
      </div>
    </div>
  )
}
