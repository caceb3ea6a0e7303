import { createHmac } from 'node:crypto'
import { defineError } from './errors.ts'

/** A stored secret could not be opened: unknown key id, moved, flipped or truncated. */
export const secretUnreadable = defineError({
  code: 'secret.unreadable',
  status: 500,
  title: 'A stored secret cannot be opened',
})

/** Where a sealed value belongs: it opens nowhere else (AES-GCM additional data). */
export interface SecretPlace {
  table: string
  column: string
  row: string
}

/** Seals secrets for storage and opens them again. */
export interface SecretBox {
  /** Seals a text for exactly this place: `v1.<key id>.<iv>.<ciphertext+tag>`, base64url. */
  seal(place: SecretPlace, text: string): Promise<string>
  /** Opens what `seal` made for this place; throws `secret.unreadable`, never returns an empty stand-in. */
  open(place: SecretPlace, sealed: string): Promise<string>
  /** A keyed hash (HMAC-SHA-256) of a text: whoever reads it in the database can try no guesses against it. */
  digest(text: string): string
  /** The same under each key there is, the current one first: what a stored one may be equal to. */
  digests(text: string): string[]
  /** The id of the key that new secrets are sealed with. */
  readonly keyId: string
  /** The id of the key before, if it still opens. */
  readonly formerKeyId: string | undefined
}

interface SealingKey {
  id: string
  key: CryptoKey
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * AES-256-GCM under keys derived from `SECRET_KEY` by HKDF-SHA-256; `SECRET_KEY_PREVIOUS` still opens.
 * Source: design §3, NIST SP 800-38D (96-bit random iv).
 */
export async function createSecretBox(secretKey: string, previousSecretKey?: string): Promise<SecretBox> {
  const current = await deriveSealingKey(secretKey)
  const keys = [current]
  const digestKeys = [await deriveKeyBytes(secretKey, 'digest')]
  if (previousSecretKey) {
    keys.push(await deriveSealingKey(previousSecretKey))
    digestKeys.push(await deriveKeyBytes(previousSecretKey, 'digest'))
  }
  const digests = (text: string): string[] =>
    digestKeys.map((key) => createHmac('sha256', key).update(text).digest('base64url'))

  return {
    keyId: current.id,
    formerKeyId: keys[1]?.id,
    digest: (text) => digests(text)[0] ?? '',
    digests,
    async seal(place, text) {
      const iv = crypto.getRandomValues(new Uint8Array(12))
      const sealed = await crypto.subtle.encrypt(
        { name: 'AES-GCM', iv, additionalData: describePlace(place) },
        current.key,
        encoder.encode(text),
      )
      return `v1.${current.id}.${Buffer.from(iv).toString('base64url')}.${Buffer.from(sealed).toString('base64url')}`
    },
    async open(place, sealed) {
      const [version, keyId, iv, ciphertext, ...rest] = sealed.split('.')
      if (version !== 'v1' || !keyId || !iv || !ciphertext || rest.length > 0) {
        throw secretUnreadable({ cause: new Error('not a sealed value') })
      }
      const key = keys.find((candidate) => candidate.id === keyId)
      if (!key) throw secretUnreadable({ cause: new Error(`sealed with an unknown key ${keyId}`) })
      try {
        const opened = await crypto.subtle.decrypt(
          { name: 'AES-GCM', iv: Buffer.from(iv, 'base64url'), additionalData: describePlace(place) },
          key.key,
          Buffer.from(ciphertext, 'base64url'),
        )
        return decoder.decode(opened)
      } catch (cause) {
        throw secretUnreadable({ cause })
      }
    },
  }
}

/**
 * A 32-byte key for one purpose, derived from a configured secret by HKDF-SHA-256 (RFC 5869), so that one secret
 * serves sealing and refresh tokens without one use telling about the other.
 */
export async function deriveKeyBytes(secret: string, purpose: string): Promise<Uint8Array<ArrayBuffer>> {
  const material = await crypto.subtle.importKey('raw', encoder.encode(secret), 'HKDF', false, ['deriveBits'])
  const bits = await crypto.subtle.deriveBits(
    { name: 'HKDF', hash: 'SHA-256', salt: encoder.encode('tenantry'), info: encoder.encode(purpose) },
    material,
    256,
  )
  return new Uint8Array(bits)
}

async function deriveSealingKey(secret: string): Promise<SealingKey> {
  const id = Buffer.from(await deriveKeyBytes(secret, 'sealing key id'))
    .subarray(0, 6)
    .toString('hex')
  const bytes = await deriveKeyBytes(secret, 'sealing')
  return { id, key: await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']) }
}

function describePlace(place: SecretPlace): Uint8Array<ArrayBuffer> {
  return encoder.encode(JSON.stringify([place.table, place.column, place.row]))
}
