import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import SwaggerParser from '@apidevtools/swagger-parser'
import { call } from '../support/call.ts'
import { startApp, type TestApp } from '../support/start-app.ts'

/** The API document is valid OpenAPI 3, complete, and shown without anybody else's help. */

interface Operation {
  responses: Record<string, { description?: string; content?: Record<string, unknown>; $ref?: string }>
  requestBody?: { content: Record<string, unknown> }
  parameters?: { name: string; in: string; schema?: unknown }[]
  security?: unknown[]
  tags?: string[]
  summary?: string
}
interface Document {
  openapi: string
  paths: Record<string, Record<string, Operation>>
}

let app: TestApp
let document: Document

beforeAll(async () => {
  app = await startApp()
  document = (await call(app, 'GET /swagger/json')).body
})
afterAll(() => app.stop())

const operations = (): [string, Operation][] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  )

/** The contract's routes that this server has. */
const contract = [
  'POST /auth/setup',
  'POST /auth/token',
  'POST /auth/login',
  'POST /auth/refresh',
  'POST /auth/logout',
  'GET /users/me',
  'PATCH /users/me',
  'POST /chat/stream',
  'POST /chat',
  'GET /chat/sessions',
  'GET /chat/sessions/{session}',
  'PATCH /chat/sessions/{session}',
  'DELETE /chat/sessions/{session}',
  'GET /chat/sessions/{session}/messages',
  'GET /admin/tenants',
  'POST /admin/tenants',
  'GET /admin/tenants/{id}',
  'PUT /admin/tenants/{id}',
  'PATCH /admin/tenants/{id}',
  'DELETE /admin/tenants/{id}',
  'POST /admin/tenants/{id}/activate',
  'GET /admin/tenants/{id}/prompts',
  'POST /admin/tenants/{id}/prompts/{version}/restore',
  'POST /admin/tenants/{id}/preview',
  'POST /admin/tenants/{id}/pinecone/test',
  'POST /admin/tenants/{id}/model/test',
  'GET /admin/tenants/{id}/sessions',
  'GET /admin/tenants/{id}/usage',
  'GET /admin/usage',
  'GET /admin/users',
  'POST /admin/users',
  'GET /admin/users/{id}',
  'PATCH /admin/users/{id}',
  'DELETE /admin/users/{id}',
  'PUT /admin/users/{id}/tenant',
  'DELETE /admin/users/{id}/tenant',
  'GET /admin/audit',
  'GET /admin/system',
  'GET /admin/system/fleet',
  'POST /admin/system/fleet/retry',
  'GET /health',
  'GET /health/db',
  'GET /health/ready',
  'GET /metrics',
]

test('is valid OpenAPI 3', async () => {
  expect(document.openapi).toMatch(/^3\.\d+\.\d+$/)
  const copy = structuredClone(document)
  await SwaggerParser.validate(copy as unknown as Parameters<typeof SwaggerParser.validate>[0])
})

test('names every route of the contract, and no route twice by a trailing slash', () => {
  const named = operations().map(([name]) => name)
  for (const route of contract) expect(named).toContain(route)
  expect(Object.keys(document.paths).filter((path) => path.length > 1 && path.endsWith('/'))).toEqual([])
})

test('names every route that the server answers, and none that it does not', () => {
  const served = app.app.routes
    .map(({ method, path }) =>
      `${method} ${path.length > 1 ? path.replace(/\/$/, '') : path}`.replaceAll(/:(\w+)/g, '{$1}'),
    )
    .filter((name) => !/^\S+ \/(console|swagger|$)/.test(name) && !name.startsWith('OPTIONS'))
  expect(new Set(operations().map(([name]) => name))).toEqual(new Set(served))
})

describe('every operation', () => {
  test('has a summary, a tag, and every path parameter', () => {
    for (const [name, operation] of operations()) {
      expect({ name, summary: typeof operation.summary, tags: operation.tags?.length }).toEqual({
        name,
        summary: 'string',
        tags: 1,
      })
      const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)
      const described = operation.parameters
        ?.filter((parameter) => parameter.in === 'path')
        .map((parameter) => parameter.name)
      expect({ name, parameters: described ?? [] }).toEqual({ name, parameters: inPath as string[] })
    }
  })

  test('names X-TENANT where it decides: signing in, registering, and whatever is done in a tenant', () => {
    const takes = operations().flatMap(([name, { parameters }]) =>
      parameters?.some((parameter) => parameter.in === 'header' && parameter.name === 'X-TENANT') ? [name] : [],
    )
    for (const name of ['POST /auth/login', 'POST /auth/register', 'POST /auth/password/forgot', 'POST /chat/stream']) {
      expect(takes).toContain(name)
    }
    expect(takes.filter((name) => name.includes(' /health') || name.includes(' /admin/users'))).toEqual([])
  })

  test('documents its success and every refusal, all of them as problems; for OpenAI’s clients in their shape', () => {
    for (const [name, { responses }] of operations()) {
      const statuses = Object.keys(responses)
      expect({ name, success: statuses.some((status) => status.startsWith('2')) }).toEqual({ name, success: true })
      for (const status of ['400', '401', '403', '404', '409', '413', '422', '429', '500', '502', '503', '504']) {
        expect({ name, documents: statuses.includes(status) ? status : undefined }).toEqual({ name, documents: status })
      }
      for (const [status, response] of Object.entries(responses)) {
        expect({ name, status, description: response.description !== '' }).toEqual({ name, status, description: true })
        if (response.$ref || Number(status) < 400) continue
        expect({ name, status, types: Object.keys(response.content ?? {}) }).toEqual({
          name,
          status,
          types: [name.includes(' /v1/') ? 'application/json' : 'application/problem+json'],
        })
      }
    }
  })

  test('asks for a bearer token unless it is public', () => {
    const open = operations().filter(([, { security }]) => !security?.length)
    const paths = new Set(open.map(([name]) => name.split(' ')[1]?.split('/')[1]))
    expect(paths).toEqual(new Set(['auth', 'health']))
  })

  test('takes and gives what the contract says: JSON, an event stream, a form, CSV', () => {
    const find = (route: string): Operation => new Map(operations()).get(route)!
    expect(Object.keys(find('POST /chat/stream').responses['200']?.content ?? {})).toEqual(['text/event-stream'])
    expect(Object.keys(find('POST /chat').responses['200']?.content ?? {})).toEqual(['application/json'])
    expect(Object.keys(find('POST /admin/tenants').requestBody?.content ?? {})).toEqual(['application/json'])
    expect(Object.keys(find('POST /auth/token').requestBody?.content ?? {})).toContain(
      'application/x-www-form-urlencoded',
    )
    expect(Object.keys(find('GET /admin/usage').responses['200']?.content ?? {})).toContain('text/csv')
    expect(Object.keys(find('POST /admin/tenants').responses)).toContain('201')
    expect(Object.keys(find('DELETE /admin/users/{id}').responses)).toContain('204')
  })
})

test('no secret, default password or address of this installation is in it', () => {
  const text = JSON.stringify(document)
  for (const word of ['canary', 'postgres://', '127.0.0.1', 'password_hash', 'model_api_key_origin'])
    expect(text).not.toContain(word)
})

test('the page that shows it, and all that it loads, comes from this server alone', async () => {
  const page = await call(app, 'GET /swagger')
  expect(page.status).toBe(200)
  expect(page.headers.get('content-type')).toStartWith('text/html')
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toContain('http')
  expect(page.text).not.toMatch(/(src|href)\s*=\s*["']?(https?:)?\/\//i)
  expect(page.text).not.toMatch(/@import|url\(\s*["']?(https?:)?\/\//i)
  const loaded = [...page.text.matchAll(/(?:src|href)\s*=\s*["']([^"'#]+)["']/g)].map(([, address]) => address ?? '')
  expect(loaded.length).toBeGreaterThan(1)
  // The icon belongs to the console, which tests do not build.
  for (const address of loaded.filter((address) => !address.startsWith('/console/'))) {
    const asset = await call(app, `GET ${new URL(address, `${app.url}/swagger`).pathname}`)
    expect({ address, status: asset.status }).toEqual({ address, status: 200 })
  }
})
