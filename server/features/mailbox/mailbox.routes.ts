import { t } from 'elysia'
import { insertAudit } from '../../data/audit.data.ts'
import type { OwnOrigin } from '../../http/own-origin.ts'
import { describePage, onlySort, pageOf, pageQuery, readPageQuery } from '../../http/page-query.ts'
import { type Gates, superuserRoutes } from '../../http/routes.ts'
import { email, time } from '../../http/schemas.ts'
import { auditActorOf } from '../../http/tenant-gate.ts'
import type { LinkParts } from '../../mail/links.ts'
import { readMailbox } from '../../mail/mailbox.ts'

const mailView = t.Object({
  id: t.String(),
  to: t.String(),
  subject: t.String(),
  text: t.String(),
  links: t.Array(t.String()),
  created_at: time,
})

const { limit, cursor } = pageQuery(['created_at'])

/** Mail that was not sent, for superusers to hand over. Each reading is audited, by ids: addresses stay sealed. */
export function mailboxRoutes(parts: LinkParts & { gates: Gates; ownOrigin: OwnOrigin }) {
  return superuserRoutes(parts.gates, '/admin/mailbox', 'Mailbox').get(
    '/',
    async ({ query, principal, request, set }) => {
      const page = readPageQuery(query, '-created_at')
      const serverUrl = parts.ownOrigin.addressOf(request)
      const found = await parts.core.write(async (database) => {
        const mails = await readMailbox(parts, database, { ...page, to: query.to, serverUrl })
        await insertAudit(database, auditActorOf(request, principal), {
          action: 'mailbox.read',
          targetType: 'mailbox',
          targetId: null,
          after: { mails: mails.items.map(({ id }) => id) },
        })
        return mails
      })
      set.headers['cache-control'] = 'no-store'
      return describePage(found, page.order, ({ createdAt, ...mail }) => ({
        ...mail,
        created_at: createdAt.toISOString(),
      }))
    },
    {
      query: t.Object({ to: t.Optional(email), sort: onlySort('-created_at'), limit, cursor }),
      response: { 200: pageOf(mailView) },
      detail: { summary: 'Read mail that was not sent' },
    },
  )
}
