import { createContext, use, useState, type ReactNode } from 'react'
import { createPortal } from 'react-dom'

interface Slot {
  element: HTMLElement | null
  setElement: (element: HTMLElement | null) => void
}

const SlotContext = createContext<Slot | undefined>(undefined)

/** A page whose header is one thing and whose shown part another: whatever is below may place actions in the header. */
export function WithPageActions(props: { children: ReactNode }): ReactNode {
  const [element, setElement] = useState<HTMLElement | null>(null)
  return <SlotContext value={{ element, setElement }}>{props.children}</SlotContext>
}

/** Where the actions of the part that is shown stand, among the header's own. */
export function PageActionsSlot(): ReactNode {
  const { setElement } = useSlot()
  return <span ref={setElement} className="contents" />
}

/**
 * Places the shown part's own actions in the header of its page, before the header's: a range, “Try it”, one primary
 * button. Needs a `WithPageActions` above it, such as a tenant's page.
 */
export function PageActions(props: { children: ReactNode }): ReactNode {
  const { element } = useSlot()
  return element && createPortal(props.children, element)
}

function useSlot(): Slot {
  const slot = use(SlotContext)
  if (!slot) throw new Error('PageActions needs a WithPageActions above it')
  return slot
}
