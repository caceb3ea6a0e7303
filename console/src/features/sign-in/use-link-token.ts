import { useEffect, useState } from 'react'
import type { LinkPage } from '../../lib/paths.ts'
import { listenForLinkToken, type LinkToken } from './link-token.ts'

/** The token that a page was opened with, or of a link to it that is opened meanwhile. */
export function useLinkToken(page: LinkPage, opened: LinkToken | undefined): string | undefined {
  const [link, setLink] = useState(opened)
  useEffect(() => listenForLinkToken(setLink), [])
  return link?.page === page ? link.token : undefined
}
