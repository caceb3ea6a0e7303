import type { TSchema } from '@sinclair/typebox'
import type { FieldError } from '../platform/errors.ts'

/** What a validator found, as TypeBox tells it; of a union `errors` has what each of its members found. */
export interface FoundFault {
  path: string
  message?: string
  schema?: TSchema
  value?: unknown
  errors?: Iterable<FoundFault>[]
}

const errorsMax = 20
const textFormats = ['numeric', 'integer', 'boolean']
const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 20 })

/**
 * Faults as fields and sentences (“must be a whole number from 1 to 50”), each field once and 20 at most. A schema's own
 * `error` text comes first. Of a union it is told what is wrong with the member that was meant: an object that has a wrong
 * field is told of that field, though null would do as well. Submitted values are in no sentence.
 * @param root what the whole is called, where that is at fault
 */
export function describeFaults(faults: Iterable<FoundFault>, root: string): FieldError[] {
  const errors: FieldError[] = []
  for (const { path, message } of listFaults(faults)) {
    const name = path.replace(/^\//, '').replaceAll('/', '.') || root
    if (!errors.some((known) => known.path === name)) errors.push({ path: name, message })
    if (errors.length === errorsMax) break
  }
  return errors
}

function* listFaults(faults: Iterable<FoundFault>): Generator<FieldError> {
  for (const fault of faults) {
    const inner = findMeant(fault)
    if (inner) yield* listFaults(inner)
    else yield { path: fault.path, message: describeFault(fault) }
  }
}

/** The faults inside of the one member of a union that the value can have been meant as. */
function findMeant({ schema, value, errors = [], path }: FoundFault): FoundFault[] | undefined {
  const members = membersOf(schema)
  if (!members || ownSentence(schema) !== undefined) return undefined
  const meant = members.flatMap((member, at) => (isKindOf(member, value) ? [errors[at]] : []))
  const inner = [...(meant.length === 1 ? (meant[0] ?? []) : [])]
  // What is wrong with the value itself is told with everything else that would do.
  return inner.length > 0 && inner.every((fault) => fault.path !== path) ? inner : undefined
}

/** Whether a value can have been meant for a schema that it breaks. */
function isKindOf(schema: TSchema, value: unknown): boolean {
  if (Array.isArray(value)) return schema.type === 'array'
  return typeof value === 'object' && value !== null && schema.type === 'object'
}

function describeFault({ schema, value, path, message = 'is not valid' }: FoundFault): string {
  const sentence = (schema && (ownSentence(schema) ?? describeSchema(schema))) ?? message
  if (value !== undefined || path === '') return sentence
  return sentence.startsWith('must ') ? `is required and ${sentence}` : 'is required'
}

function ownSentence(schema: TSchema | undefined): string | undefined {
  return typeof schema?.error === 'string' ? schema.error : undefined
}

function membersOf(schema: TSchema | undefined): TSchema[] | undefined {
  return Array.isArray(schema?.anyOf) ? schema.anyOf : undefined
}

/** What a schema expects, in words; undefined for what has none. */
function describeSchema(schema: TSchema): string | undefined {
  const members = membersOf(schema)
  if (members) return describeMembers(members)
  if (schema.const !== undefined) return `must be ${JSON.stringify(schema.const)}`
  const { minLength, maxLength, minItems, maxItems, minimum, maximum } = schema
  switch (schema.type) {
    case 'string':
      if (schema.format === 'date-time') return 'must be a time such as 2026-01-31T00:00:00Z'
      return schema.pattern === undefined
        ? `must be a text${describeBounds({ min: minLength, max: maxLength, what: 'characters' })}`
        : undefined
    case 'integer':
      return `must be a whole number${describeBounds({ min: minimum, max: maximum })}`
    case 'number':
      return `must be a number${describeBounds({ min: minimum, max: maximum })}`
    case 'boolean':
      return 'must be true or false'
    case 'array':
      return `must be a list${describeBounds({ min: minItems, max: maxItems, what: 'entries' })}`
    case 'object':
      return 'must be an object'
    case 'null':
      return 'must be null'
    default:
      return undefined
  }
}

/** All that would do: `must be a, b or c`, `must be a whole number, or null`. */
function describeMembers(all: readonly TSchema[]): string | undefined {
  // Of a query everything is a text; which texts stand for numbers is told by the other member.
  const members = all.filter(({ type, format }) => type !== 'string' || !textFormats.includes(String(format)))
  const sentences = members.map((member) => ownSentence(member) ?? describeSchema(member))
  const words = sentences.map((sentence) => sentence?.replace(/^must be /, ''))
  if (words.some((word) => word === undefined)) return undefined
  if (members.every((member) => typeof member.const === 'string')) {
    const names = members.map((member) => String(member.const))
    return `must be ${[names.slice(0, -1).join(', '), names.at(-1)].filter(Boolean).join(' or ')}`
  }
  return `must be ${words.join(', or ')}`
}

function describeBounds(bounds: { min?: unknown; max?: unknown; what?: string }): string {
  const { min, max } = bounds
  const of = bounds.what === undefined ? '' : ` ${bounds.what}`
  const hasMin = typeof min === 'number' && !(min === 0 && bounds.what !== undefined)
  const first = bounds.what === undefined ? 'from' : 'of'
  if (hasMin && typeof max === 'number') return ` ${first} ${number.format(min)} to ${number.format(max)}${of}`
  if (hasMin) return ` of at least ${number.format(min)}${of}`
  return typeof max === 'number' ? ` of at most ${number.format(max)}${of}` : ''
}
