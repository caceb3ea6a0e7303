import { basePath, paths } from '../../lib/paths.ts'
import { findSetupToken } from '../../lib/rules.ts'

/**
 * Takes the one-time token out of the address of the setup page and removes it there at once, so that neither the
 * history nor a glance at the address bar keeps it. Undefined on other pages and without a token.
 */
export function takeSetupToken(browser: { location: Location; history: History }): string | undefined {
  const { pathname, search, hash } = browser.location
  if (pathname !== basePath + paths.setup || !hash.includes('token=')) return undefined
  browser.history.replaceState(browser.history.state, '', pathname + search)
  return findSetupToken(hash)
}

/** Takes tokens of links opened while the setup page is shown; returns how to stop. */
export function listenForSetupToken(receive: (token: string) => void): () => void {
  const take = (): void => {
    const token = takeSetupToken(window)
    if (token !== undefined) receive(token)
  }
  addEventListener('hashchange', take)
  return () => removeEventListener('hashchange', take)
}
