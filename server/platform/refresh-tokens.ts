import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { deriveKeyBytes } from './secrets.ts'

/** What a refresh token is, once its seal was checked. */
export interface RefreshToken {
  sessionId: string
  /** SHA-256 of the secret part, as stored. */
  hash: string
  /** The token that follows this one; always the same, so it need not be stored (design §4). */
  successor(): string
}

/** Makes and reads opaque refresh tokens. */
export interface RefreshTokens {
  /** The first token of a session. */
  make(sessionId: string): { token: string; hash: string }
  /** The token, if this installation made it; undefined for every other text. */
  read(token: string): RefreshToken | undefined
}

const prefix = 'trt_'
const sessionBytes = 16
const secretBytes = 32
const sealBytes = 16

/**
 * A token is its session's id, 32 random bytes and a seal over both: the seal tells a genuine old token (reuse, which
 * ends the session) from a guess (which must not), and the next secret is an HMAC of this one, so parallel refreshes
 * get one and the same successor. `SECRET_KEY_PREVIOUS` still reads.
 */
export async function createRefreshTokens(secretKey: string, previousSecretKey?: string): Promise<RefreshTokens> {
  const keys = [await deriveKeyBytes(secretKey, 'refresh tokens')]
  if (previousSecretKey) keys.push(await deriveKeyBytes(previousSecretKey, 'refresh tokens'))
  const [current] = keys
  if (!current) throw new Error('no key for refresh tokens')

  const write = (session: Buffer, secret: Buffer): string =>
    prefix + Buffer.concat([session, secret, seal(current, session, secret)]).toString('base64url')

  return {
    make(sessionId) {
      const secret = randomBytes(secretBytes)
      return { token: write(packUuid(sessionId), secret), hash: hashOf(secret) }
    },
    read(token) {
      if (!token.startsWith(prefix) || token.length > 200) return undefined
      const bytes = Buffer.from(token.slice(prefix.length), 'base64url')
      if (bytes.length !== sessionBytes + secretBytes + sealBytes) return undefined
      const session = bytes.subarray(0, sessionBytes)
      const secret = bytes.subarray(sessionBytes, sessionBytes + secretBytes)
      const given = bytes.subarray(sessionBytes + secretBytes)
      const key = keys.find((candidate) => timingSafeEqual(seal(candidate, session, secret), given))
      if (!key) return undefined
      return {
        sessionId: unpackUuid(session),
        hash: hashOf(secret),
        successor: () =>
          write(session, createHmac('sha256', key).update('next').update(session).update(secret).digest()),
      }
    },
  }
}

function seal(key: Uint8Array, session: Buffer, secret: Buffer): Buffer {
  return createHmac('sha256', key).update('seal').update(session).update(secret).digest().subarray(0, sealBytes)
}

function hashOf(secret: Buffer): string {
  return createHash('sha256').update(secret).digest('base64url')
}

function packUuid(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex')
}

function unpackUuid(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
