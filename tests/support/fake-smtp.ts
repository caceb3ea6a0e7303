import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'

/** A mail as the fake server took it. */
export interface TakenMail {
  envelope: { from: string; to: string[] }
  subject: string
  text: string
  messageId: string
  from: string
  headers: Record<string, string>
}

/** How the fake answers the next mails. */
export type SmtpBehaviour = 'takes' | 'refuses for now' | 'refuses for good' | 'is silent'

/** A mail server on loopback that keeps what it takes. */
export interface FakeSmtp {
  /** `smtp://…`, with user and password. */
  url: string
  mails: TakenMail[]
  /** Attempts, taken or not. */
  attempts: number
  behaviour: SmtpBehaviour
  stop(): Promise<void>
}

/** User and password that the fake wants. */
export const smtpUser = { name: 'tenantry', password: 'canary-smtp-password-0123456789' }

/** Starts the fake; a mail whose server is silent hangs until the client gives up. */
export async function startFakeSmtp(): Promise<FakeSmtp> {
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 100,
    onAuth({ username, password }, _session, callback) {
      if (username === smtpUser.name && password === smtpUser.password) callback(null, { user: username })
      else callback(new Error('wrong password'))
    },
    onRcptTo(_address, _session, callback) {
      fake.attempts++
      if (fake.behaviour === 'is silent') return
      if (fake.behaviour === 'takes') callback()
      else callback(refusal(fake.behaviour === 'refuses for now' ? 451 : 550))
    },
    onData(stream, session, callback) {
      void (async () => {
        const chunks: Buffer[] = []
        for await (const chunk of stream) chunks.push(Buffer.from(chunk))
        const mail = await PostalMime.parse(Buffer.concat(chunks))
        const { mailFrom, rcptTo } = session.envelope
        fake.mails.push({
          envelope: { from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address) },
          subject: mail.subject ?? '',
          text: mail.text ?? '',
          messageId: mail.messageId ?? '',
          from: mail.from?.address ?? '',
          headers: Object.fromEntries(mail.headers.map(({ key, value }) => [key, value])),
        })
        callback()
      })()
    },
  })
  server.on('error', () => undefined)
  const fake: FakeSmtp = {
    url: '',
    mails: [],
    attempts: 0,
    behaviour: 'takes',
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const address = server.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  fake.url = `smtp://${smtpUser.name}:${smtpUser.password}@127.0.0.1:${port}`
  return fake
}

function refusal(responseCode: number): Error {
  return Object.assign(new Error('the mailbox of secret@canary.example is not there'), { responseCode })
}
