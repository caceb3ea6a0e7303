import { call } from './call.ts'
import type { Person } from './people.ts'
import { eventually } from './scenario.ts'
import type { TestApp } from './start-app.ts'

/** A mail as the mailbox shows it. */
export interface ReadMail {
  id: string
  to: string
  subject: string
  text: string
  links: string[]
  created_at: string
}

/** The mails kept for an address, newest first. */
export async function readMails(app: TestApp, superuser: Person, to: string): Promise<ReadMail[]> {
  const reply = await call(app, `GET /admin/mailbox?to=${encodeURIComponent(to)}`, { token: superuser.token })
  if (reply.status !== 200) throw new Error(`the mailbox was not read: ${reply.text}`)
  return reply.body.items
}

/** The token in the newest mail to an address whose link leads to this page; waits until there is one. */
export async function readToken(
  app: TestApp,
  superuser: Person,
  wanted: { to: string; page: 'verify' | 'reset' | 'join' },
): Promise<string> {
  return eventually(async () => {
    const links = (await readMails(app, superuser, wanted.to)).flatMap((mail) => mail.links)
    const link = links.find((candidate) => candidate.includes(`/console/${wanted.page}#`))
    return link && tokenOf(link)
  })
}

/** The token in a link's fragment. */
export function tokenOf(link: string): string {
  return new URLSearchParams(new URL(link).hash.slice(1)).get('token') ?? ''
}
