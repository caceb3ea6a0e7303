import { Value } from '@sinclair/typebox/value'
import { listOutgoingMail } from '../data/outgoing-mail.data.ts'
import type { Page, PageQuery } from '../data/page.ts'
import type { Database } from '../data/postgres.ts'
import { finishLetter, type Letter, letterShape } from './letters.ts'
import { digestsOfAddress, type LinkParts, placeOfMail } from './links.ts'

/** A mail that nobody has got yet, as a superuser may read it. */
export interface KeptMail {
  id: string
  to: string
  subject: string
  text: string
  links: string[]
  createdAt: Date
}

/**
 * The written mails that were not sent, newest first, links and all: all of them, or those to one address. A used or
 * expired link takes its mail along.
 * @param serverUrl what links begin with
 */
export async function readMailbox(
  parts: LinkParts,
  database: Database,
  query: PageQuery & { to?: string; serverUrl: string },
): Promise<Page<KeptMail>> {
  const { to, serverUrl, ...page } = query
  const addressDigests = to === undefined ? undefined : digestsOfAddress(parts.core, to)
  const found = await listOutgoingMail(database, { ...page, addressDigests, now: parts.clock.now() })
  const items = await Promise.all(
    found.items.map(async ({ id, content, createdAt }) => {
      const letter: Letter = Value.Parse(letterShape, JSON.parse(await parts.secretBox.open(placeOfMail(id), content)))
      return { id, to: letter.to, createdAt, ...finishLetter(letter, serverUrl) }
    }),
  )
  return { items, nextCursor: found.nextCursor }
}
