import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** What a key may be used for: `chat` asks, `conversations` reads and changes the key's own conversations. */
export const apiKeyScopes = ['chat', 'conversations'] as const
/** One of them. */
export type ApiKeyScope = (typeof apiKeyScopes)[number]

/** A key as it is shown once, and what is stored of it. */
export interface MadeApiKey {
  /** `tk_` and 64 characters. */
  key: string
  hash: string
  last4: string
}

/** A key as a caller shows it: whose it claims to be, and the hash to compare. */
export interface ShownApiKey {
  id: string
  hash: string
}

const prefix = 'tk_'
const idBytes = 16
const secretBytes = 32
const shape = /^tk_[\w-]{64}$/

/** Makes the text of a key: its id, so that it is found by its primary key, and 256 random bits. */
export function makeApiKey(id: string): MadeApiKey {
  const secret = randomBytes(secretBytes)
  const key = prefix + Buffer.concat([Buffer.from(id.replaceAll('-', ''), 'hex'), secret]).toString('base64url')
  return { key, hash: hashOf(secret), last4: key.slice(-4) }
}

/** Whether a bearer token is meant to be an API key. */
export function isApiKey(token: string): boolean {
  return token.startsWith(prefix)
}

/** Reads the text of a key; undefined for what cannot be one. */
export function readApiKey(token: string): ShownApiKey | undefined {
  if (!shape.test(token)) return undefined
  const bytes = Buffer.from(token.slice(prefix.length), 'base64url')
  const hex = bytes.subarray(0, idBytes).toString('hex')
  return {
    id: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    hash: hashOf(bytes.subarray(idBytes)),
  }
}

/** A text without what may be an API key in it, such as a path that a client was wrongly set up with. */
export function hideApiKeys(text: string): string {
  return text.replaceAll(/tk_[\w-]{8,}/g, `${prefix}…`)
}

/** Compares two hashes without telling by its time how much of them is the same. */
export function isSameHash(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function hashOf(secret: Uint8Array): string {
  return createHash('sha256').update(secret).digest('base64url')
}
