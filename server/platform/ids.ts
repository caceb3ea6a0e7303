declare const brand: unique symbol
type Branded<T, B extends string> = T & { readonly [brand]: B }

/** A tenant's id: `^[a-z0-9][a-z0-9_-]{0,62}$`, equal to the `tenant_id` claim. */
export type TenantId = Branded<string, 'TenantId'>
/** A user's id (UUID): a platform user's or a tenant user's; a linked row shares it with its platform user. */
export type UserId = Branded<string, 'UserId'>
/** A sign-in session's id (UUID), the `sid` claim. */
export type SignInSessionId = Branded<string, 'SignInSessionId'>
/** A database server's id (UUID). */
export type DatabaseServerId = Branded<string, 'DatabaseServerId'>

/** The shape of a tenant id. */
export const tenantIdPattern = /^[a-z0-9][a-z0-9_-]{0,62}$/

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The text as a tenant id, or undefined when it is none. */
export function parseTenantId(text: string): TenantId | undefined {
  return isTenantId(text) ? text : undefined
}

/** Tells whether the text has the shape of a tenant id. */
export function isTenantId(text: string): text is TenantId {
  return tenantIdPattern.test(text)
}

/** Tells whether the text is a UUID in its usual spelling. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text)
}

/** The text as a user id, or undefined when it is no UUID. */
export function parseUserId(text: string): UserId | undefined {
  return isUserId(text) ? text : undefined
}

/** Stands for whoever causes usage that no user asked for, such as the reading of documents. */
export function nobodyId(): UserId {
  const id = '00000000-0000-0000-0000-000000000000'
  if (!isUserId(id)) throw new Error('the nil UUID is no UUID')
  return id
}

function isUserId(text: string): text is UserId {
  return isUuid(text)
}

/** The text as a sign-in session id, or undefined when it is no UUID. */
export function parseSignInSessionId(text: string): SignInSessionId | undefined {
  return isSignInSessionId(text) ? text : undefined
}

function isSignInSessionId(text: string): text is SignInSessionId {
  return isUuid(text)
}

/** The text as a database server's id, or undefined when it is no UUID. */
export function parseDatabaseServerId(text: string): DatabaseServerId | undefined {
  return isDatabaseServerId(text) ? text : undefined
}

function isDatabaseServerId(text: string): text is DatabaseServerId {
  return isUuid(text)
}

/** A new time-ordered UUID (version 7, RFC 9562), so that primary-key indexes grow at their end. */
export function newId(): string {
  return Bun.randomUUIDv7()
}

/** A new id for a platform or tenant user. */
export function newUserId(): UserId {
  const id = newId()
  if (!isUserId(id)) throw new Error('randomUUIDv7 gave no UUID')
  return id
}

/** A new id for a sign-in session: random (version 4), as it is part of a refresh token. */
export function newSignInSessionId(): SignInSessionId {
  const id = crypto.randomUUID()
  if (!isSignInSessionId(id)) throw new Error('randomUUID gave no UUID')
  return id
}
