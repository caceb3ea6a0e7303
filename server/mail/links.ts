import { createHash, randomBytes } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { CoreDatabase } from '../data/core-database.ts'
import {
  deleteInvites,
  type EmailToken,
  findEmailToken,
  insertEmailToken,
  type LinkPurpose,
} from '../data/email-tokens.data.ts'
import { insertOutgoingMail } from '../data/outgoing-mail.data.ts'
import type { Database } from '../data/postgres.ts'
import type { TenantRecord } from '../data/tenants.data.ts'
import type { Clock } from '../platform/clock.ts'
import { defineError } from '../platform/errors.ts'
import { newId, type TenantId, type UserId } from '../platform/ids.ts'
import type { SecretBox, SecretPlace } from '../platform/secrets.ts'
import { linkHours, pathOfLink, writeLetter } from './letters.ts'

/** Unknown, used up, expired, or made for something else: one and the same answer. */
export const linkInvalid = defineError({
  code: 'auth.link_invalid',
  status: 401,
  title: 'The link is not valid any more',
})

/** What links stand on. */
export interface LinkParts {
  core: CoreDatabase
  secretBox: SecretBox
  clock: Clock
}

/** What is sealed beside a token. */
const linkContext = Type.Object({
  email: Type.String({ description: 'The address that the link was mailed to' }),
  passwordMark: Type.Optional(
    Type.String({ description: 'Of the password that a reset replaces: any other change of it makes the link void' }),
  ),
})

/** A link to be made: for a platform user, a tenant's user, or (an invite) for nobody yet. */
export interface NewLink {
  purpose: LinkPurpose
  email: string
  tenant: Pick<TenantRecord, 'id' | 'name'> | null
  userId: UserId | null
  /** The hash of the password that a reset replaces. */
  passwordHash?: string
}

/** A link that was made; `path` goes behind the address of the server. */
export interface IssuedLink {
  id: string
  path: string
  expiresAt: Date
}

/** A link that was shown and still works. */
export interface OpenLink {
  id: string
  scope: EmailToken['scope']
  tenantId: TenantId | null
  userId: UserId | null
  email: string
  passwordMark?: string
  expiresAt: Date
}

/**
 * Makes a link and its mail in the given core transaction: both or neither, and both with what they are about. A new
 * invite takes the place of an older one. The mail leaves when the outbox is told so, after the commit.
 * @param dueAt when the mail is to leave; null for one that is only kept to be read
 */
export async function issueLink(
  parts: LinkParts,
  database: Database,
  link: NewLink,
  dueAt: Date | null,
): Promise<IssuedLink> {
  const now = parts.clock.now()
  const token = randomBytes(32).toString('base64url')
  const id = newId()
  const expiresAt = new Date(now.getTime() + linkHours[link.purpose] * 3_600_000)
  const addressDigest = digestAddress(parts.core, link.email)
  const context: Static<typeof linkContext> = {
    email: link.email,
    ...(link.passwordHash === undefined ? {} : { passwordMark: markPassword(parts.core, link.passwordHash) }),
  }
  if (link.purpose === 'invite' && link.tenant) {
    await deleteInvites(database, {
      tenantId: link.tenant.id,
      addressDigests: digestsOfAddress(parts.core, link.email),
    })
  }
  await insertEmailToken(database, {
    id,
    purpose: link.purpose,
    tokenHash: hashToken(token),
    scope: link.tenant ? 'tenant' : 'core',
    tenantId: link.tenant?.id ?? null,
    userId: link.userId,
    addressDigest: link.purpose === 'invite' ? addressDigest : null,
    context: await parts.secretBox.seal(placeOfContext(id), JSON.stringify(context)),
    createdAt: now,
    expiresAt,
  })
  const letter = writeLetter({
    purpose: link.purpose,
    to: link.email,
    token,
    tenantName: link.tenant?.name ?? null,
  })
  const mailId = newId()
  await insertOutgoingMail(database, {
    id: mailId,
    tokenId: id,
    stage: 'written',
    addressDigest,
    content: await parts.secretBox.seal(placeOfMail(mailId), JSON.stringify(letter)),
    dueAt,
    createdAt: now,
  })
  return { id, path: pathOfLink(link.purpose, token), expiresAt }
}

/**
 * The link of a token; `auth.link_invalid` 401 unless it still works for this purpose.
 * @param shown `tenantId`: the tenant that the request names, which must be the link's own
 */
export async function openLink(
  parts: LinkParts,
  shown: { purpose: LinkPurpose; token: string; tenantId: TenantId | null },
): Promise<OpenLink> {
  const { purpose, token } = shown
  const row = await findEmailToken(parts.core.db, { purpose, tokenHash: hashToken(token), now: parts.clock.now() })
  if (!row || (shown.tenantId !== null && row.tenantId !== shown.tenantId)) throw refuseLink()
  const { id, scope, tenantId, userId, expiresAt } = row
  const context = Value.Parse(linkContext, JSON.parse(await parts.secretBox.open(placeOfContext(id), row.context)))
  return { id, scope, tenantId, userId, expiresAt, ...context }
}

/** The one answer for links that do not work. */
export function refuseLink(): Error {
  return linkInvalid({ detail: 'The link is used up, expired or not complete. Ask for a new one.' })
}

/** Stands for a password hash in a link: whoever reads it learns nothing of the hash. */
function markPassword(core: CoreDatabase, passwordHash: string): string {
  return core.digest(`password of a link ${passwordHash}`)
}

/** Whether the mark in a link is this password hash's, whichever key it was made with. */
export function isMarkOf(core: CoreDatabase, mark: string | undefined, passwordHash: string): boolean {
  return core.digests(`password of a link ${passwordHash}`).some((known) => known === mark)
}

/** A keyed hash of an address, in any spelling. */
export function digestAddress(core: Pick<CoreDatabase, 'digest'>, email: string): string {
  return core.digest(`address ${email.toLowerCase()}`)
}

/** Its hashes under each key there is, to look for what was stored before the key was changed. */
export function digestsOfAddress(core: Pick<CoreDatabase, 'digests'>, email: string): string[] {
  return core.digests(`address ${email.toLowerCase()}`)
}

/** Where a mail's content belongs. */
export function placeOfMail(id: string): SecretPlace {
  return { table: 'outgoing_mail', column: 'content', row: id }
}

function placeOfContext(id: string): SecretPlace {
  return { table: 'email_tokens', column: 'context', row: id }
}

/** 256 random bits need no slow hash. */
function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
