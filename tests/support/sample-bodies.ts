import { call } from './call.ts'
import { password } from './people.ts'

/** Anything that JSON can say. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
/** What a body is like, as far as samples are made of it. */
export interface Schema {
  type?: string
  format?: string
  pattern?: string
  enum?: Json[]
  minLength?: number
  minimum?: number
  required?: string[]
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
}
/** A route that takes a JSON body, from the API document. */
export interface WriteRoute {
  method: string
  path: string
  schema: Schema
}

/** All routes that take a JSON body. */
export async function listWriteRoutes(app: { url: string }): Promise<WriteRoute[]> {
  const { body } = await call(app, 'GET /swagger/json')
  const found: WriteRoute[] = []
  for (const [path, item] of Object.entries<
    Record<string, { requestBody?: { content: Record<string, { schema: Schema }> } }>
  >(body.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const schema = operation.requestBody?.content['application/json']?.schema
      if (schema) found.push({ method: method.toUpperCase(), path, schema })
    }
  }
  return found
}

let samples = 0
/** A value that a schema takes, and nothing more than it requires. */
export function sample(schema: Schema, name = ''): Json {
  if (schema.enum) return schema.enum[0] ?? null
  if (schema.anyOf) return sample(schema.anyOf[0] ?? {}, name)
  if (schema.type === 'object') {
    return Object.fromEntries((schema.required ?? []).map((key) => [key, sample(schema.properties?.[key] ?? {}, key)]))
  }
  if (schema.type === 'array') return []
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1
  if (schema.type === 'boolean') return true
  if (name === 'email' || name === 'username') return `sample${++samples}@people.example`
  if (name.includes('password')) return password
  if (schema.format === 'uuid') return '00000000-0000-4000-8000-000000000001'
  if (name === 'id') return `sample-${++samples}`
  if (name === 'tenant_id') return 'acme'
  return 'sample text'.padEnd(schema.minLength ?? 0, 'x')
}
