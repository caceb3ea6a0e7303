import type { TArray, TObject, TSchema } from '@sinclair/typebox'
import { t } from 'elysia'
import type { FieldError } from '../platform/errors.ts'
import { requestInvalid, requestMalformed } from './problem-details.ts'
import { readBodyText } from './request-body.ts'

const depthMax = 64

/**
 * The options of a route that takes a JSON body: spread them into the route's own. Elysia drops fields that a schema
 * does not name; a misspelt field would then do nothing without a word, so unknown ones are refused here, and with
 * them what PostgreSQL cannot store (NUL, lone surrogates).
 */
export function jsonBody<S extends TObject>(schema: S) {
  return {
    body: schema,
    transform: ({ body, request }: { body: unknown; request: Request }): void => {
      ensureJson(request)
      // To the validator some lists and texts are objects, too.
      if (!isRecord(body)) throw notAnObject()
      refuseUnfit(body, schema)
    },
  }
}

/** The same for a body whose further fields are somebody else's to define, and are left alone. */
export function openJsonBody<S extends TObject>(schema: S) {
  return {
    body: schema,
    transform: ({ body, request }: { body: unknown; request: Request }): void => {
      ensureJson(request)
      if (!isRecord(body)) throw notAnObject()
      refuseUnfit(body)
    },
  }
}

/** The same for a body that may be left out altogether, and then is undefined. */
export function optionalJsonBody<S extends TObject>(schema: S) {
  return {
    body: t.Optional(schema),
    // Elysia's own parser takes broken JSON for a body that was left out.
    parse: async ({ request }: { request: Request }): Promise<unknown> => {
      const text = await readBodyText(request)
      return text === '' ? undefined : JSON.parse(text)
    },
    transform: (context: { body: unknown; request: Request }): void => {
      // A body without a length was read before the parser above could; an empty one of those is a text.
      if (context.body === '') context.body = undefined
      const { body, request } = context
      if (body === undefined) return
      ensureJson(request)
      if (!isRecord(body)) throw notAnObject()
      refuseUnfit(body, schema)
    },
  }
}

function ensureJson(request: Request): void {
  const type = request.headers.get('content-type')
  if (type !== null && !/^application\/([\w.-]+\+)?json *(;|$)/i.test(type.trim())) {
    throw requestMalformed({ detail: 'The body must be JSON: content-type application/json.' })
  }
}

function notAnObject(): Error {
  return requestInvalid({
    detail: 'body: must be a JSON object',
    errors: [{ path: 'body', message: 'must be a JSON object' }],
  })
}

/** Refuses what PostgreSQL cannot store and, with a schema, fields that it does not name: `request.invalid` 422. */
export function refuseUnfit(body: unknown, schema?: TObject): void {
  const errors: FieldError[] = []
  if (schema) findUnknown(body, schema, '', errors)
  // Fields that nobody asked for may be huge; they are refused unread.
  if (errors.length === 0) findUnstorable(body, '', 0, errors)
  if (errors.length === 0) return
  const [first] = errors
  throw requestInvalid({ detail: first && `${first.path}: ${first.message}`, errors: errors.slice(0, 20) })
}

function findUnknown(value: unknown, schema: TSchema, path: string, errors: FieldError[]): void {
  // A union such as `object | null` is what its one object branch is.
  const branches: TSchema[] = Array.isArray(schema.anyOf) ? schema.anyOf : [schema]
  const kind = kindBesideNull(branches)
  const orNull = branches.length > 1 ? ', or null' : ''
  const isAbsent = value === undefined || (value === null && orNull !== '')
  if (Array.isArray(value) && kind !== 'object') {
    const items = branches.find(isArraySchema)?.items
    if (items) for (const [at, item] of value.entries()) findUnknown(item, items, `${path}.${at}`, errors)
    return
  }
  // Elysia's cleaning would make a list or an object of it.
  if (kind === 'array' && !isAbsent) errors.push({ path, message: `must be a list${orNull}` })
  const fields = branches.find(isObjectSchema)?.properties
  if (!fields) return
  if (!isRecord(value)) {
    if (kind === 'object' && !isAbsent) errors.push({ path: path || 'body', message: `must be an object${orNull}` })
    return
  }
  for (const [key, item] of Object.entries(value)) {
    if (errors.length >= 20) return
    const inner = path ? `${path}.${key.slice(0, 100)}` : key.slice(0, 100)
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined
    if (field) findUnknown(item, field, inner, errors)
    else errors.push({ path: inner, message: 'is not a field of this request' })
  }
}

function isObjectSchema(schema: TSchema): schema is TObject {
  return schema.type === 'object' && typeof schema.properties === 'object'
}

/** Whether, beside null, there is one kind of thing that is meant. */
function kindBesideNull(branches: readonly TSchema[]): 'object' | 'array' | undefined {
  const others = branches.filter((branch) => branch.type !== 'null')
  if (others.every(isObjectSchema)) return 'object'
  return others.every(isArraySchema) ? 'array' : undefined
}

function isArraySchema(schema: TSchema): schema is TArray {
  return schema.type === 'array' && typeof schema.items === 'object'
}

/**
 * Validation makes a text of what should have been one, and an object that names its own way throws at that. What is
 * copied under the name of the prototype becomes it, and with it fields that nobody looked at.
 */
const unfitKeys = new Set(['toString', '__proto__'])

function findUnstorable(value: unknown, path: string, depth: number, errors: FieldError[]): void {
  if (errors.length >= 20) return
  if (typeof value === 'string') {
    if (value.includes('\u0000')) errors.push({ path: path || 'body', message: 'must not contain NUL characters' })
    else if (!value.isWellFormed()) errors.push({ path: path || 'body', message: 'must be well-formed Unicode' })
    return
  }
  if (typeof value !== 'object' || value === null) return
  if (depth >= depthMax) {
    errors.push({ path: path || 'body', message: `must not be nested deeper than ${depthMax} levels` })
    return
  }
  for (const [key, item] of Object.entries(value)) {
    const inner = path ? `${path}.${key.slice(0, 100)}` : key.slice(0, 100)
    if (key.includes('\u0000') || !key.isWellFormed() || unfitKeys.has(key))
      errors.push({ path: path || 'body', message: 'has an invalid key' })
    else findUnstorable(item, inner, depth + 1, errors)
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
