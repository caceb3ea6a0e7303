import * as fc from 'fast-check'
import type { Operation, Schema } from './api-operations.ts'

/** A call that was made up from an operation of the API document; it may be valid or broken anywhere. */
export interface GeneratedCall {
  operation: Operation
  /** By the name of the parameter: what stands there instead of the right id, if anything. */
  pathJunk: string | undefined
  query: [string, string][]
  headers: Record<string, string>
  /** Which of the people of the round asks; undefined is nobody. */
  caller: string | undefined
  body: GeneratedBody
}

/** A body as it is sent. */
export type GeneratedBody =
  | { kind: 'none' }
  | { kind: 'value'; value: unknown; type: string }
  | { kind: 'raw'; text: string; type: string }

/** What generated values are made of beside the document. */
export interface GeneratorOptions {
  /** By a field's or parameter's name: values that mean something here. */
  known: Record<string, unknown[]>
  callers: readonly string[]
  /** Who is asked for by an audience of the document; the others ask as well, but less. */
  rightful: Record<string, string>
}

const junkTexts = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\u202e\u200b',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  "' or 1=1 --",
  '%00',
  '${7*7}',
  '-1',
  '9'.repeat(400),
  'x'.repeat(5_000),
  '0001-01-01T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '+275760-09-13T00:00:00.001Z',
  'null',
  '🙂'.repeat(50),
]
const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...junkTexts),
  fc.constantFrom(null, true, false, 0, -0, -1, 1.5, 1e308, -1e308, 2 ** 31, 2 ** 53, 2 ** 63, [], {}, [[]], [null]),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.jsonValue({ maxDepth: 3 }),
)
/** What a header can carry. */
const headerText = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 }).map((text) => text.trim() || 'x')
const junkInPath = fc.oneof(
  fc.constantFrom(...junkTexts.filter((text) => text.trim() !== '' && text.length < 1_000 && text.isWellFormed())),
  fc.uuid(),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
)

/** Undefined in all but one of so many. */
function onceIn<T>(times: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: times - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
}

/** Values that a schema takes, mostly with the known values of their names; now and then one of their parts is junk. */
function valueOf(schema: Schema, options: GeneratorOptions, name = ''): fc.Arbitrary<unknown> {
  const arbitrary = knownOf(options, name) ?? validOf(schema, options, name)
  return fc.oneof({ weight: 14, arbitrary }, { weight: 1, arbitrary: junk })
}

function knownOf(options: GeneratorOptions, name: string): fc.Arbitrary<unknown> | undefined {
  const known = Object.hasOwn(options.known, name) ? options.known[name] : undefined
  return known && fc.constantFrom(...known)
}

function validOf(schema: Schema, options: GeneratorOptions, name: string): fc.Arbitrary<unknown> {
  if (schema.nullable) {
    const arbitrary = validOf({ ...schema, nullable: false }, options, name)
    return fc.oneof({ weight: 4, arbitrary }, { weight: 1, arbitrary: fc.constant(null) })
  }
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.anyOf?.length) return fc.oneof(...schema.anyOf.map((each) => valueOf(each, options, name)))
  if (schema.type === 'object') return objectOf(schema, options)
  if (schema.type === 'array') return fc.array(valueOf(schema.items ?? {}, options, name), { maxLength: 3 })
  if (schema.type === 'boolean') return fc.boolean()
  if (schema.type === 'integer') return fc.integer(rangeOf(schema))
  if (schema.type === 'number') return fc.double({ ...rangeOf(schema), noNaN: true })
  if (schema.type === 'string' || schema.type === undefined) return textOf(schema)
  throw new Error(`the generator does not know the type ${schema.type}`)
}

function objectOf(schema: Schema, options: GeneratorOptions): fc.Arbitrary<unknown> {
  const { properties = {}, required = [] } = schema
  const model = Object.fromEntries(
    Object.entries(properties).map(([key, property]) => [key, valueOf(property, options, key)]),
  )
  if (Object.keys(model).length === 0) return fc.dictionary(fc.string({ maxLength: 10 }), junk, { maxKeys: 3 })
  return fc.record(model, { requiredKeys: required })
}

const rangeOf = (schema: Schema): { min: number; max: number } => {
  const min = schema.minimum ?? 0
  return { min, max: Math.max(min, schema.maximum ?? 1_000) }
}

function textOf(schema: Schema): fc.Arbitrary<string> {
  if (schema.format === 'uuid') return fc.uuid()
  if (schema.format === 'date-time') {
    const noInvalidDate = true
    return fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate }).map((date) => date.toISOString())
  }
  const minLength = Math.min(schema.minLength ?? 0, 300)
  const maxLength = Math.min(schema.maxLength ?? 40, 300)
  return fc.oneof(
    fc.string({ unit: 'grapheme', minLength, maxLength: Math.max(minLength, Math.min(maxLength, 60)) }),
    fc
      .constantFrom('sample', 'sample text of a few words', 'https://sample.example/')
      .map((text) => text.padEnd(minLength, 'x')),
  )
}

function bodyOf(operation: Operation, options: GeneratorOptions): fc.Arbitrary<GeneratedBody> {
  const { body } = operation
  const json = 'application/json'
  const raw = fc.record({
    kind: fc.constant('raw' as const),
    text: fc.oneof(fc.constantFrom('', '{', '[]', '{"a":', 'null', '\u0000', '{} {}'), fc.string({ unit: 'binary' })),
    type: fc.constantFrom(json, body?.type ?? json, 'text/plain', 'multipart/form-data; boundary=x', 'x'),
  })
  const none = fc.constant<GeneratedBody>({ kind: 'none' })
  if (!body)
    return operation.method === 'GET' ? none : fc.oneof({ weight: 8, arbitrary: none }, { weight: 1, arbitrary: raw })
  const of = (arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<GeneratedBody> =>
    arbitrary.map((value) => ({ kind: 'value', value, type: body.type }))
  const valid = valueOf(body.schema, options)
  const added = fc.tuple(valid, fc.string({ maxLength: 12 }), junk).map(([value, key, more]): unknown => {
    return typeof value === 'object' && value !== null ? { ...value, [key]: more } : value
  })
  const lacking = fc.tuple(valid, fc.nat()).map(([value, at]): unknown => {
    if (typeof value !== 'object' || value === null) return value
    const keys = Object.keys(value)
    return Object.fromEntries(Object.entries(value).filter(([key]) => key !== keys[at % Math.max(1, keys.length)]))
  })
  return fc.oneof(
    { weight: 12, arbitrary: of(valid) },
    { weight: 2, arbitrary: of(added) },
    { weight: 2, arbitrary: of(lacking) },
    { weight: 1, arbitrary: of(junk) },
    { weight: 1, arbitrary: raw },
    { weight: 1, arbitrary: none },
  )
}

function queryOf(operation: Operation, options: GeneratorOptions): fc.Arbitrary<[string, string][]> {
  const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed()
  const known = Object.entries(operation.querySchemas).map(([name, schema]) =>
    onceIn(
      3,
      valueOf(schema, options, name).map((value): [string, string] => [name, asText(value)]),
    ),
  )
  const stray = onceIn(20, fc.tuple(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 })))
  return fc.tuple(...known, stray).map((pairs) => pairs.filter((pair) => pair !== undefined))
}

function headersOf(options: GeneratorOptions): fc.Arbitrary<Record<string, string>> {
  const rarely = (values: fc.Arbitrary<string>): fc.Arbitrary<string | undefined> => onceIn(16, values)
  const texts = (name: string): string[] => (options.known[name] ?? []).map(String)
  return fc
    .record({
      'x-tenant': rarely(fc.oneof(fc.constantFrom('', 'a,b', '*', ...texts('x-tenant')), headerText)),
      'idempotency-key': rarely(fc.oneof(fc.constantFrom('once', 'twice'), headerText)),
      accept: rarely(fc.constantFrom('text/csv', 'text/html', '*/*;q=0', 'x')),
      'x-confirm': rarely(fc.constantFrom('x', ...texts('x-confirm'))),
      'last-event-id': rarely(fc.constantFrom('0', '1', '-1', '99999999999', 'x')),
      origin: rarely(fc.constantFrom('null', 'https://evil.example', 'x')),
      'content-encoding': rarely(fc.constantFrom('gzip', 'identity', 'x')),
    })
    .map((headers) =>
      Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    )
}

/** Calls of one operation. */
export function generatedCalls(operation: Operation, options: GeneratorOptions): fc.Arbitrary<GeneratedCall> {
  return fc.record({
    operation: fc.constant(operation),
    pathJunk: onceIn(6, junkInPath),
    query: queryOf(operation, options),
    headers: headersOf(options),
    caller: fc.oneof(
      { weight: 7, arbitrary: fc.constant(options.rightful[operation.audience]) },
      { weight: 2, arbitrary: fc.constantFrom(...options.callers) },
      { weight: 1, arbitrary: fc.constant(undefined) },
    ),
    body: bodyOf(operation, options),
  })
}
