import { createTransport } from 'nodemailer'
import { withDeadline } from '../platform/deadline.ts'

/** A mail ready to be sent. */
export interface Mail {
  /** Stays the same when it is sent again, so that a mailbox may tell a second copy. */
  id: string
  to: string
  subject: string
  text: string
}

/** The server of `SMTP_URL` did not take a mail. */
export class MailRefused extends Error {
  constructor(
    /** The mailer's own code, or the server's status; never its text, which may hold the address. */
    readonly reason: string,
    /** Whether trying again may help. */
    readonly isTemporary: boolean,
  ) {
    super(`the mail server did not take the mail: ${reason}`)
    this.name = 'MailRefused'
  }
}

/** Sends mail. */
export interface Mailer {
  /** Resolves once the server has taken the mail; throws `MailRefused`. */
  send(mail: Mail): Promise<void>
  close(): void
}

const deadlineMs = 30_000
const silenceMsMax = 15_000

/**
 * Mail by SMTP (RFC 5321) with nodemailer. `smtp://` turns to TLS where the server offers it, `smtps://` begins with it;
 * certificates are checked.
 * @param options.url `smtp://` or `smtps://`, with user and password where the server wants them
 * @param options.from the sender: `mail@example.com` or `Name <mail@example.com>`
 */
export function createMailer(options: { url: string; from: string; deadlineMs?: number }): Mailer {
  const timeoutMs = options.deadlineMs ?? deadlineMs
  const silence = Math.min(silenceMsMax, timeoutMs)
  const transport = createTransport({
    url: options.url,
    connectionTimeout: silence,
    greetingTimeout: silence,
    socketTimeout: silence,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const domain = options.from.replace(/^.*@/, '').replace(/>.*$/, '')
  return {
    async send(mail) {
      const sending = transport.sendMail({
        from: options.from,
        // As an object: an address is never read as a list.
        to: { name: '', address: mail.to },
        subject: mail.subject,
        text: mail.text,
        messageId: `<${mail.id}@${domain}>`,
        headers: { 'auto-submitted': 'auto-generated' },
      })
      try {
        await withDeadline(sending, timeoutMs, () => new MailRefused('ETIMEDOUT', true))
      } catch (error) {
        throw error instanceof MailRefused ? error : describeRefusal(error)
      }
    },
    close: () => transport.close(),
  }
}

/** Only 5xx answers about this very mail are final (RFC 5321 §4.2.1); a wrong login may be mended. */
function describeRefusal(error: unknown): MailRefused {
  const status: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'responseCode') : undefined
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined
  const name = typeof code === 'string' ? code : 'unknown'
  const isFinal = name === 'EENVELOPE' || name === 'EMESSAGE'
  if (typeof status !== 'number') return new MailRefused(name, !isFinal)
  return new MailRefused(`${name} ${status}`, !(isFinal && status >= 500))
}
