import { swagger } from '@elysiajs/swagger'
import { type AnyElysia, Elysia } from 'elysia'
import { version } from '../platform/version.ts'
import { audienceKey, formKey, headersKey } from './routes.ts'

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
type JsonObject = { [key: string]: Json }

/** What every route may answer beside its own statuses. */
const problemStatuses: Record<string, string> = {
  400: 'The request cannot be read, or a tenant is missing',
  401: 'Sign in to continue',
  403: 'Not allowed',
  404: 'There is no such thing, or none that you may know of',
  409: 'It contradicts what is there',
  413: 'The body is too large',
  415: 'This kind of content cannot be read',
  422: 'Some fields are not valid',
  429: 'Too many requests',
  500: 'Something went wrong on the server',
  502: 'A service behind this one failed',
  503: 'Not possible right now',
  504: 'A service behind this one took too long',
  507: 'The disk is full',
}

/**
 * The API document (OpenAPI 3.0) of the given routes, made once by @elysiajs/swagger and then put right: as it comes it
 * fails a validator (no response descriptions, `type: null`, `const`, `patternProperties`).
 */
export function createApiDocument(routes: AnyElysia): () => Promise<JsonObject> {
  let made: Promise<JsonObject> | undefined
  return () => (made ??= makeDocument(routes))
}

async function makeDocument(routes: AnyElysia): Promise<JsonObject> {
  const documenting = new Elysia().use(routes).use(
    swagger({
      documentation: {
        info: {
          title: 'Tenantry',
          version,
          description:
            'One backend for many customers’ AI-chat frontends. Errors are application/problem+json (RFC 9457).',
        },
      },
    }),
  )
  const response = await documenting.handle(new Request('http://localhost/swagger/json'))
  const parsed: Json = JSON.parse(await response.text())
  const document = isObject(parsed) ? parsed : {}
  const paths: JsonObject = {}
  for (const [path, item] of Object.entries(isObject(document.paths) ? document.paths : {})) {
    const trimmed = path.length > 1 ? path.replace(/\/$/, '') : path
    const known = paths[trimmed]
    paths[trimmed] = {
      ...(isObject(known) ? known : {}),
      ...(isObject(item) ? describeOperations(item, refusalOf(trimmed)) : {}),
    }
  }
  return {
    ...document,
    paths,
    components: {
      schemas: { Problem: problemSchema, OpenAiError: openAiErrorSchema },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        metrics: { type: 'http', scheme: 'bearer', description: 'The token of METRICS_TOKEN' },
      },
      responses: {
        Problem: {
          description: 'What went wrong, and what to do',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  }
}

const problemSchema: JsonObject = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'request_id'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    request_id: { type: 'string' },
    errors: {
      type: 'array',
      items: { type: 'object', properties: { path: { type: 'string' }, message: { type: 'string' } } },
    },
  },
}

const openAiErrorSchema: JsonObject = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      properties: {
        message: { type: 'string' },
        type: { type: 'string' },
        param: { type: 'string', nullable: true },
        code: { type: 'string', nullable: true },
      },
    },
  },
}

/** In what a route tells that it refuses. */
function refusalOf(path: string): JsonObject {
  return path.startsWith('/v1/')
    ? { 'application/json': { schema: { $ref: '#/components/schemas/OpenAiError' } } }
    : { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
}

function describeOperations(item: JsonObject, refusal: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(item).map(([method, operation]) => [
      method,
      isObject(operation) ? describeOperation(operation, refusal) : operation,
    ]),
  )
}

function describeOperation(operation: JsonObject, refusal: JsonObject): JsonObject {
  const responses: JsonObject = {}
  for (const [status, response] of Object.entries(isObject(operation.responses) ? operation.responses : {})) {
    responses[status] = isObject(response) ? describeResponse(status, response) : { description: 'Done' }
  }
  for (const [status, description] of Object.entries(problemStatuses)) {
    if (status === '401' && operation[audienceKey] === 'public' && !Array.isArray(operation.security)) {
      responses[status] ??= { $ref: '#/components/responses/Problem' }
      continue
    }
    responses[status] ??= { description, content: refusal }
  }
  const { [headersKey]: _headers, [formKey]: isForm, ...described } = operation
  const parameters = Array.isArray(operation.parameters) ? operation.parameters.map(describeParameter) : []
  const body = isObject(operation.requestBody) ? describeContent(operation.requestBody) : undefined
  return {
    ...described,
    parameters: [...parameters, ...describeHeaders(operation)],
    ...(body ? { requestBody: isForm === true ? asForm(body) : body } : {}),
    responses,
  }
}

/** X-TENANT on every route but superusers' and health, where it decides nothing, and what the route itself reads. */
function describeHeaders(operation: JsonObject): Json[] {
  const audience = operation[audienceKey]
  const readsTenant =
    audience === 'any' || audience === 'tenant' || (audience === 'public' && isForSomewhere(operation))
  const own = Array.isArray(operation[headersKey]) ? operation[headersKey] : []
  const tenant = { name: 'X-TENANT', description: "A tenant's id: where to sign in, or which tenant a manager enters" }
  return [...(readsTenant ? [tenant] : []), ...own].flatMap((header) =>
    isObject(header) ? [{ ...header, in: 'header', required: false, schema: { type: 'string' } }] : [],
  )
}

/** Signing in and registering is with the platform or with a tenant. */
function isForSomewhere({ tags }: JsonObject): boolean {
  return Array.isArray(tags) && (tags.includes('Sign-in') || tags.includes('Registration'))
}

function asForm(body: JsonObject): JsonObject {
  const content = isObject(body.content) ? body.content : {}
  return { ...body, content: { 'application/x-www-form-urlencoded': content['application/json'] ?? {} } }
}

function describeResponse(status: string, response: JsonObject): JsonObject {
  const description =
    typeof response.description === 'string' ? response.description : status === '204' ? 'Done' : 'The answer'
  if (status === '204' || !isObject(response.content)) return { description }
  return { description, content: describeContent({ content: response.content }).content ?? {} }
}

/** Bodies and answers are JSON unless the route says otherwise; the generator lists three kinds for all. */
function describeContent(holder: JsonObject): JsonObject {
  const content = isObject(holder.content) ? holder.content : {}
  const isGuess = 'application/json' in content && 'text/plain' in content && 'multipart/form-data' in content
  const kinds = Object.entries(content).filter(([kind]) => !isGuess || kind === 'application/json')
  return { ...holder, content: Object.fromEntries(kinds.flatMap(([kind, media]) => describeMedia(kind, media))) }
}

/** A text branch with a `contentMediaType` of its own, such as CSV, is an answer in that type, not in JSON. */
function describeMedia(kind: string, media: Json): [string, Json][] {
  if (!isObject(media) || media.schema === undefined) return [[kind, media]]
  const branches = isObject(media.schema) && Array.isArray(media.schema.anyOf) ? media.schema.anyOf : []
  const apart = branches.flatMap((branch): [string, Json][] =>
    isObject(branch) && typeof branch.contentMediaType === 'string'
      ? [[branch.contentMediaType, { schema: { type: 'string' } }]]
      : [],
  )
  if (apart.length === 0) return [[kind, { schema: describeSchema(media.schema) }]]
  const rest = branches.filter((branch) => !isObject(branch) || branch.contentMediaType === undefined)
  return [[kind, { schema: describeUnion(rest, {}) }], ...apart]
}

function describeParameter(parameter: Json): Json {
  if (!isObject(parameter) || !isObject(parameter.schema)) return parameter
  const { description, examples: _examples, ...rest } = parameter
  return {
    ...rest,
    ...(typeof description === 'string' ? { description } : {}),
    schema: describeSchema(parameter.schema),
  }
}

/** A JSON schema in the words of OpenAPI 3.0. */
function describeSchema(schema: Json): Json {
  if (!isObject(schema)) return schema
  const { error: _error, anyOf, const: constant, patternProperties, ...rest } = schema
  if (Array.isArray(anyOf)) return describeUnion(anyOf, rest)
  const described: JsonObject = { ...rest }
  if (constant !== undefined) Object.assign(described, { enum: [constant] })
  if (isObject(patternProperties)) {
    described.additionalProperties = describeSchema(Object.values(patternProperties)[0] ?? {})
  }
  if (isObject(described.properties)) {
    described.properties = Object.fromEntries(
      Object.entries(described.properties).map(([name, property]) => [name, describeSchema(property)]),
    )
  }
  if (described.items !== undefined) described.items = describeSchema(described.items)
  return described
}

function describeUnion(branches: Json[], rest: JsonObject): Json {
  const isNull = (branch: Json): boolean => isObject(branch) && branch.type === 'null'
  const real = branches.filter((branch) => !isNull(branch)).map(describeSchema)
  const nullable: JsonObject = real.length < branches.length ? { nullable: true } : {}
  const values = real.map((branch) => (isObject(branch) && Array.isArray(branch.enum) ? branch.enum : undefined))
  const { default: _default, ...kept } = rest
  if (values.length > 0 && values.every((value) => value !== undefined)) {
    return { ...kept, type: 'string', enum: [...values.flat(), ...(nullable.nullable ? [null] : [])], ...nullable }
  }
  const [only] = real
  if (real.length === 1 && isObject(only)) return { ...kept, ...only, ...nullable }
  // Elysia takes numbers and booleans in a query as text, too: the document tells what is meant.
  const meant = real.find((branch) => isObject(branch) && (branch.type === 'boolean' || branch.type === 'integer'))
  if (isObject(meant)) return { ...kept, ...meant, ...nullable }
  return { ...kept, anyOf: real, ...nullable }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
