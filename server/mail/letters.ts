import { type Static, Type } from '@sinclair/typebox'
import type { LinkPurpose } from '../data/email-tokens.data.ts'

/** A mail as it is kept: where its link begins is known only when it is sent or read. */
export const letterShape = Type.Object({
  to: Type.String(),
  subject: Type.String(),
  text: Type.String({ description: 'With a mark where the link goes' }),
  path: Type.String({
    description: 'From the address of the server on; the token is in the fragment, which no server or proxy logs',
  }),
})
/** A mail as it is kept. */
export type Letter = Static<typeof letterShape>

/** What a letter tells of the one-time link in it. */
export interface LetterFacts {
  purpose: LinkPurpose
  to: string
  token: string
  /** The name of the tenant that it is about; null for the platform. */
  tenantName: string | null
}

const linkMark = '{link}'
const platformName = 'Tenantry'

/** How long each kind of link works, in hours. */
export const linkHours: Record<LinkPurpose, number> = { verify: 24, reset: 1, invite: 7 * 24 }

/** The console's page that takes each kind of link. */
const pages: Record<LinkPurpose, string> = { verify: 'verify', reset: 'reset', invite: 'join' }

/** Writes the mail for a link. */
export function writeLetter(facts: LetterFacts): Letter {
  const place = facts.tenantName === null ? platformName : showName(facts.tenantName)
  return { to: facts.to, path: pathOfLink(facts.purpose, facts.token), ...texts[facts.purpose](place) }
}

/** Writes a mail that tells something, with where to look at it. */
export function writeNotice(notice: { to: string; subject: string; lines: string[]; path: string }): Letter {
  const { to, subject, lines, path } = notice
  return { to, path, subject, text: paragraphs(...lines, linkMark) }
}

/** Where a link leads, from the address of the server on. */
export function pathOfLink(purpose: LinkPurpose, token: string): string {
  return `/console/${pages[purpose]}#token=${token}`
}

/** A letter with its whole link, as it is sent and read. */
export function finishLetter(letter: Letter, serverUrl: string): { subject: string; text: string; links: string[] } {
  const link = serverUrl + letter.path
  return { subject: letter.subject, text: letter.text.replace(linkMark, () => link), links: [link] }
}

const texts: Record<LinkPurpose, (place: string) => { subject: string; text: string }> = {
  verify: (place) => ({
    subject: `Verify your address for ${place}`,
    text: paragraphs(
      `This address was used to sign up for ${place}.`,
      'If that was you, open this link within 24 hours to show that the address is yours:',
      linkMark,
      'If it was not you, ignore this mail: the address then stays unverified.',
    ),
  }),
  reset: (place) => ({
    subject: `Set a new password for ${place}`,
    text: paragraphs(
      `Somebody asked to set a new password for your account at ${place}.`,
      'If that was you, open this link within an hour:',
      linkMark,
      'If it was not you, ignore this mail: your password stays as it is.',
    ),
  }),
  invite: (place) => ({
    subject: `You are invited to ${place}`,
    text: paragraphs(
      `You are invited to ${place}.`,
      'Open this link within 7 days to choose a password and sign in:',
      linkMark,
      'If you do not know why you got this, ignore it: without the link no account is made.',
    ),
  }),
}

function paragraphs(...lines: string[]): string {
  return `${lines.join('\n\n')}\n`
}

/**
 * A tenant's name as it may stand in a mail. Anybody may name an organization, and mail clients make links of whatever
 * looks like an address, so what addresses are made of is left out.
 */
export function showName(name: string): string {
  const plain = name
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{M}\p{N} '’&()-]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  const graphemes = Array.from(new Intl.Segmenter().segment(plain), ({ segment }) => segment)
  return graphemes.slice(0, 60).join('').trim() || 'an organization'
}
