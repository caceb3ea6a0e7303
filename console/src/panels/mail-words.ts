import type { MailWay } from './options.queries.ts'

/**
 * Where the link is that somebody waits for, in a sentence: nothing is said of a mail that no server sends. Undefined:
 * it is not known yet how mail leaves.
 */
export function describeMailWay(way: MailWay | undefined): string {
  switch (way) {
    case 'sent':
      return 'It may take a minute, and it may be among the unwanted mail.'
    case 'logged':
      return 'This server sends no mail: it writes the link to its log, and superusers find it in the mailbox.'
    case 'kept':
      return 'This server sends no mail: ask the people who run it for the link, they find it in the mailbox.'
    default:
      return ''
  }
}
