import { call } from './call.ts'

/** What of a JSON schema the tests need. */
export interface Schema {
  type?: string
  format?: string
  enum?: unknown[]
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  items?: Schema
  nullable?: boolean
  required?: string[]
  properties?: Record<string, Schema>
  anyOf?: Schema[]
}

/** One operation of the API document. */
export interface Operation {
  /** `GET /users/me` */
  route: string
  method: string
  /** With `{parameters}`. */
  path: string
  audience: string
  /** Names of the query's parameters. */
  query: string[]
  /** Their schemas, by name. */
  querySchemas: Record<string, Schema>
  /** The content types of each documented status. */
  responses: Record<string, string[]>
  /** Of its body; undefined when it takes none. */
  body: { type: string; schema: Schema } | undefined
}

interface DocumentedOperation {
  'x-audience'?: string
  parameters?: { name: string; in: string; schema?: Schema }[]
  responses: Record<string, { $ref?: string; content?: Record<string, unknown> }>
  requestBody?: { content: Record<string, { schema: Schema }> }
}

/** Every operation that a server's API document has. */
export async function listOperations(app: { url: string }): Promise<Operation[]> {
  const document = (await call(app, 'GET /swagger/json')).body
  const paths = Object.entries<Record<string, DocumentedOperation>>(document.paths)
  return paths.flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => {
      const [content] = Object.entries(operation.requestBody?.content ?? {})
      return {
        route: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path,
        audience: operation['x-audience'] ?? 'unknown',
        query: (operation.parameters ?? []).filter((each) => each.in === 'query').map(({ name }) => name),
        querySchemas: Object.fromEntries(
          (operation.parameters ?? [])
            .filter((each) => each.in === 'query')
            .map(({ name, schema = {} }) => [name, schema]),
        ),
        responses: Object.fromEntries(
          Object.entries(operation.responses).map(([status, response]) => [
            status,
            response.$ref ? ['application/problem+json'] : Object.keys(response.content ?? {}),
          ]),
        ),
        body: content && { type: content[0], schema: content[1].schema },
      }
    }),
  )
}

/**
 * A value that a schema takes, with nothing more than it requires.
 * @param values by a field's name: what a schema alone does not tell, such as an address or a password
 */
export function sampleOf(schema: Schema, values: Record<string, unknown>, name = ''): unknown {
  if (Object.hasOwn(values, name)) return values[name]
  if (schema.enum) return schema.enum[0] ?? null
  if (schema.anyOf) return sampleOf(schema.anyOf[0] ?? {}, values, name)
  if (schema.type === 'object') {
    const { properties = {}, required = [] } = schema
    return Object.fromEntries(required.map((key) => [key, sampleOf(properties[key] ?? {}, values, key)]))
  }
  if (schema.type === 'array') return []
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1
  if (schema.type === 'boolean') return true
  if (schema.format === 'uuid') return '00000000-0000-4000-8000-000000000001'
  return 'sample text'.padEnd(schema.minLength ?? 0, 'x')
}
