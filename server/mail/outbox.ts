import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { countEmailTokens, deleteExpiredEmailTokens } from '../data/email-tokens.data.ts'
import {
  deleteOldNotices,
  deleteOutgoingMail,
  insertOutgoingMail,
  type OutgoingMail,
  takeDueMail,
  updateOutgoingMail,
} from '../data/outgoing-mail.data.ts'
import type { Database } from '../data/postgres.ts'
import { type Mailer, MailRefused } from '../external/mailer.ts'
import { withDeadline } from '../platform/deadline.ts'
import { newId, parseTenantId } from '../platform/ids.ts'
import type { Log } from '../platform/log.ts'
import { finishLetter, type Letter, letterShape } from './letters.ts'
import { digestAddress, type IssuedLink, issueLink, type LinkParts, type NewLink, placeOfMail } from './links.ts'
import { type AskedLink, findRecipient, type RecipientParts } from './recipients.ts'

/** One-time links and the mails that carry them. */
export interface Outbox {
  /** Makes a link and its mail in the given core transaction; call `sendSoon` after its commit. */
  issue(database: Database, link: NewLink): Promise<IssuedLink>
  /** Writes a mail without a link of its own in the given core transaction; call `sendSoon` after its commit. */
  notify(database: Database, letter: Letter): Promise<void>
  /**
   * Notes that somebody asked for a link. It costs the same for every address, known or not: who it is for, and whether
   * there is anybody, is looked up later (guarantee B3).
   */
  ask(asked: AskedLink): Promise<void>
  /** Sends what is due, soon and without making the caller wait. */
  sendSoon(): void
  /** Sends what is due and erases what has expired; any replica may, at the same time. */
  sweep(): Promise<void>
  /** Lets the pass that is under way end, for at most 5 s, and begins no other. */
  stop(): Promise<void>
}

/** How mail leaves: by a server, into the log (development), or not at all: then it is kept to be read. */
export interface MailWays {
  mailer: Mailer | undefined
  /** Whether mails that no server sends are written to the log. */
  isLogged: boolean
  /** The address under which people reach this server, for links. */
  serverUrl: string
}

const itemsPerPassMax = 10
/** Longer than any attempt takes. */
const leaseMs = 120_000
const attemptsMax = 8
const retryMs = { first: 30_000, max: 3_600_000 }
/** Between an address's request and the look-up, so that its work does not fall into the next request's time. */
const answerDelayMs = { min: 20, max: 250 }
const stopMsMax = 5_000
/** News that nobody sends and nobody reads is no news any more. */
const noticesKeptMs = 14 * 86_400_000
/** At most one mail a minute and five an hour to the same person. */
const pace = [
  { windowMs: 60_000, linksMax: 1 },
  { windowMs: 3_600_000, linksMax: 5 },
]

const askedShape = Type.Object({
  purpose: Type.Union([Type.Literal('verify'), Type.Literal('reset')]),
  email: Type.String(),
  tenant: Type.Union([Type.String(), Type.Null()]),
})

/** The outgoing mail in core: each row is taken by one replica at a time, under a lease, and tried again until it is gone. */
export function createOutbox(parts: LinkParts & RecipientParts & { ways: MailWays; log: Log }): Outbox {
  const { core, secretBox, clock, log } = parts
  const { mailer, isLogged, serverUrl } = parts.ways
  const timers = new Set<ReturnType<typeof setTimeout>>()
  let running: Promise<void> | undefined
  let again = false
  const stopping = new AbortController()

  const issue = (database: Database, link: NewLink): Promise<IssuedLink> =>
    issueLink(parts, database, link, mailer || isLogged ? clock.now() : null)

  async function notify(database: Database, letter: Letter): Promise<void> {
    const id = newId()
    const now = clock.now()
    await insertOutgoingMail(database, {
      id,
      stage: 'written',
      addressDigest: digestAddress(core, letter.to),
      content: await secretBox.seal(placeOfMail(id), JSON.stringify(letter)),
      dueAt: mailer || isLogged ? now : null,
      createdAt: now,
    })
  }

  async function ask(asked: AskedLink): Promise<void> {
    const id = newId()
    const { purpose, email, tenantId } = asked
    const now = clock.now()
    await insertOutgoingMail(core.db, {
      id,
      stage: 'asked',
      addressDigest: digestAddress(core, email),
      content: await secretBox.seal(placeOfMail(id), JSON.stringify({ purpose, email, tenant: tenantId })),
      dueAt: now,
      createdAt: now,
    })
    startSoon(answerDelayMs.min + Math.random() * (answerDelayMs.max - answerDelayMs.min))
  }

  function startSoon(delayMs: number): void {
    if (stopping.signal.aborted) return
    const timer = setTimeout(() => {
      timers.delete(timer)
      void run()
    }, delayMs)
    timers.add(timer)
  }

  function run(): Promise<void> {
    again = true
    running ??= (async () => {
      try {
        while (again && !stopping.signal.aborted) {
          again = false
          await sendDue()
        }
      } catch (err) {
        log.warn({ err }, 'outgoing mail could not be read; the next sweep tries again')
      } finally {
        running = undefined
      }
    })()
    return running
  }

  async function sendDue(): Promise<void> {
    while (!stopping.signal.aborted) {
      const now = clock.now()
      const untilAt = new Date(now.getTime() + leaseMs)
      const rows = await takeDueMail(core.db, { now, untilAt, itemsMax: itemsPerPassMax })
      if (rows.length === 0) return
      await Promise.all(rows.map((row) => handle(row)))
    }
  }

  async function handle(row: OutgoingMail): Promise<void> {
    try {
      await (row.stage === 'asked' ? answer(row) : send(row))
    } catch (err) {
      log.warn({ err, mail_id: row.id, attempts: row.attempts }, 'a mail could not be handled')
      await putOff(row, true)
    }
  }

  async function answer(row: OutgoingMail): Promise<void> {
    const asked = Value.Parse(askedShape, JSON.parse(await secretBox.open(placeOfMail(row.id), row.content)))
    const tenantId = asked.tenant === null ? null : parseTenantId(asked.tenant)
    const link =
      tenantId === undefined
        ? undefined
        : await findRecipient(parts, { purpose: asked.purpose, email: asked.email, tenantId })
    if (!link || (await isTooSoon(link.userId, link.purpose))) {
      await deleteOutgoingMail(core.db, row.id)
      return
    }
    await core.write(async (database) => {
      // Its lease may have ended meanwhile, and another replica may have answered.
      if (await deleteOutgoingMail(database, row.id)) await issue(database, link)
    })
  }

  async function isTooSoon(userId: NonNullable<NewLink['userId']>, purpose: NewLink['purpose']): Promise<boolean> {
    for (const { windowMs, linksMax } of pace) {
      const since = new Date(clock.now().getTime() - windowMs)
      if ((await countEmailTokens(core.db, { userId, purpose, since })) >= linksMax) return true
    }
    return false
  }

  async function send(row: OutgoingMail): Promise<void> {
    const letter = Value.Parse(letterShape, JSON.parse(await secretBox.open(placeOfMail(row.id), row.content)))
    const { subject, text, links } = finishLetter(letter, serverUrl)
    if (!mailer) {
      // Kept to be read.
      if (isLogged) log.info({ to: letter.to, subject, links }, 'no SMTP_URL is set, so this mail was only kept')
      await updateOutgoingMail(core.db, row.id, { dueAt: null })
      return
    }
    try {
      await mailer.send({ id: row.id, to: letter.to, subject, text })
    } catch (error) {
      if (!(error instanceof MailRefused)) throw error
      log.warn({ mail_id: row.id, reason: error.reason, attempts: row.attempts }, 'a mail was not taken')
      await putOff(row, error.isTemporary)
      return
    }
    await deleteOutgoingMail(core.db, row.id)
  }

  /** What no server takes stays to be read, until its link expires; a request that cannot be answered goes. */
  async function putOff(row: OutgoingMail, isTemporary: boolean): Promise<void> {
    if (isTemporary && row.attempts < attemptsMax) {
      const waitMs = Math.min(retryMs.first * 2 ** (row.attempts - 1), retryMs.max)
      await updateOutgoingMail(core.db, row.id, { dueAt: new Date(clock.now().getTime() + waitMs) })
    } else if (row.stage === 'asked') {
      await deleteOutgoingMail(core.db, row.id)
    } else {
      await updateOutgoingMail(core.db, row.id, { stage: 'failed', dueAt: null })
    }
  }

  return {
    issue,
    notify,
    ask,
    sendSoon: () => startSoon(0),
    async sweep() {
      await deleteExpiredEmailTokens(core.db, clock.now())
      await deleteOldNotices(core.db, new Date(clock.now().getTime() - noticesKeptMs))
      await run()
    },
    async stop() {
      stopping.abort()
      for (const timer of timers) clearTimeout(timer)
      // What is cut off here is sent again after its lease: a second copy is better than none.
      const late = new Error('mail is still being sent')
      await withDeadline(running ?? Promise.resolve(), stopMsMax, () => late).catch((err: unknown) =>
        log.warn({ err }, 'the server stops while mail is being sent'),
      )
      mailer?.close()
    },
  }
}
