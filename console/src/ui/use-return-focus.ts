import { useRef } from 'react'

/**
 * The dialogs that are shown and who opened the first of them: one that takes the place of another goes back to the same
 * opener, as the button it came from is gone.
 */
const shown: { count: number; opener: HTMLElement | null } = { count: 0, opener: null }

/**
 * Gives the focus back to whoever opened a dialog without a trigger of its own: spread both handlers on its content. An
 * opener that is gone, such as an entry of a menu, is replaced by the menu's button, else by the page.
 */
export function useReturnFocus(): { remember: () => void; onCloseAutoFocus: (event: Event) => void } {
  const opener = useRef<HTMLElement>(null)
  return {
    remember: () => {
      const active = document.activeElement
      const menu = active?.closest('[role=menu]')?.getAttribute('aria-labelledby')
      const found = typeof menu === 'string' ? document.querySelector(`#${CSS.escape(menu)}`) : active
      const isOpener = found instanceof HTMLElement && found !== document.body && found.isConnected
      opener.current = isOpener && !found.closest('[role=dialog]') ? found : shown.opener
      shown.opener = opener.current
      shown.count += 1
    },
    onCloseAutoFocus: (event) => {
      event.preventDefault()
      // Of two that change places, the later one has been counted by now.
      shown.count -= 1
      if (shown.count <= 0) Object.assign(shown, { count: 0, opener: null })
      const target = opener.current?.isConnected ? opener.current : document.querySelector('main')
      target?.focus({ preventScroll: true })
    },
  }
}
