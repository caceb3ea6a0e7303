import type { ReactNode } from 'react'

/** The ruled sheet that a page lies on; it scrolls, the page does not. */
export function Sheet(props: { children: ReactNode }): ReactNode {
  return (
    <main
      id="main"
      tabIndex={-1}
      className="relative min-h-0 min-w-0 flex-1 overflow-y-auto border-line bg-sheet desk:my-2 desk:me-2 desk:rounded-lg desk:border phone:rounded-t-lg phone:border-t"
    >
      {props.children}
    </main>
  )
}
