import { useSyncExternalStore } from 'react'

/** What a person chose; `system` follows the device. */
export type ThemeChoice = 'system' | 'light' | 'dark'

// `public/theme.js` reads the same key before the first paint.
const storageKey = 'tenantry.theme'
const listeners = new Set<() => void>()

/** The chosen theme of this browser; `system` when none was chosen or storage is closed. */
export function readThemeChoice(): ThemeChoice {
  try {
    const stored = localStorage.getItem(storageKey)
    return stored === 'light' || stored === 'dark' ? stored : 'system'
  } catch {
    return 'system'
  }
}

/** Stores the choice and paints it at once, here and in other tabs. */
export function chooseTheme(choice: ThemeChoice): void {
  try {
    if (choice === 'system') localStorage.removeItem(storageKey)
    else localStorage.setItem(storageKey, choice)
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  paint(choice)
  for (const listener of listeners) listener()
}

/** Keeps the page in step with the device's theme and with other tabs; call once at start. */
export function followTheme(): void {
  systemIsDark().addEventListener('change', () => paint(readThemeChoice()))
  window.addEventListener('storage', (event) => {
    if (event.key !== storageKey) return
    paint(readThemeChoice())
    for (const listener of listeners) listener()
  })
}

/** The current choice, re-rendering when it changes. */
export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, readThemeChoice)
}

function paint(choice: ThemeChoice): void {
  const dark = choice === 'dark' || (choice === 'system' && systemIsDark().matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
}

function systemIsDark(): MediaQueryList {
  return matchMedia('(prefers-color-scheme: dark)')
}
