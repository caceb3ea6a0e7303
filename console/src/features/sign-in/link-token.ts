import { basePath, linkPages, type LinkPage } from '../../lib/paths.ts'
import { findLinkToken } from '../../lib/rules.ts'

/** A one-time token, and the page that it opened. */
export interface LinkToken {
  page: LinkPage
  token: string
}

/**
 * Takes the one-time token out of the address of a page for links and removes it there at once, so that neither the
 * history nor a glance at the address bar keeps it. Undefined on other pages and without a token.
 */
export function takeLinkToken(browser: { location: Location; history: History }): LinkToken | undefined {
  const { pathname, search, hash } = browser.location
  const page = linkPages.find((path) => [basePath + path, `${basePath}${path}/`].includes(pathname))
  if (page === undefined || !hash.includes('token=')) return undefined
  browser.history.replaceState(browser.history.state, '', pathname + search)
  const token = findLinkToken(hash)
  return token === undefined ? undefined : { page, token }
}

/** Takes tokens of links opened while a page for links is shown; returns how to stop. */
export function listenForLinkToken(receive: (link: LinkToken) => void): () => void {
  const take = (): void => {
    const link = takeLinkToken(window)
    if (link) receive(link)
  }
  addEventListener('hashchange', take)
  return () => removeEventListener('hashchange', take)
}
