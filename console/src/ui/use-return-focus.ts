import { useRef } from 'react'

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
      opener.current = found instanceof HTMLElement && found !== document.body ? found : null
    },
    onCloseAutoFocus: (event) => {
      event.preventDefault()
      const target = opener.current?.isConnected ? opener.current : document.querySelector('main')
      target?.focus({ preventScroll: true })
    },
  }
}
