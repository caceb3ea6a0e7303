import { call, type Reply } from './call.ts'
import { makeTenant, type Person } from './people.ts'
import type { Scenario } from './scenario.ts'

/** A file to send. */
export interface SentFile {
  name: string
  content: string | Uint8Array<ArrayBuffer>
  type?: string
}

/** Whose documents, and who manages them. */
export interface Library {
  app: { url: string }
  manager: Person
  tenant: string
}

let libraries = 0

/** A new tenant's documents, managed by the superuser. */
export async function makeLibrary(
  { app, superuser }: Pick<Scenario, 'app' | 'superuser'>,
  settings?: Record<string, unknown>,
): Promise<Library> {
  const tenant = await makeTenant(app, superuser, `library-${(libraries += 1)}`, settings)
  return { app, manager: superuser, tenant }
}

/** Sends files as a form, to a tenant's documents or, by PUT, in a document's place. */
export async function sendFiles(
  { app, manager, tenant }: Library,
  files: readonly SentFile[],
  options: { replacing?: string; headers?: Record<string, string>; title?: string } = {},
): Promise<Reply> {
  const form = new FormData()
  if (options.title !== undefined) form.set('title', options.title)
  for (const { name, content, type = '' } of files) form.append('file', new File([content], name, { type }))
  const { replacing } = options
  const path = `/admin/tenants/${tenant}/documents${replacing ? `/${replacing}` : ''}`
  const response = await fetch(app.url + path, {
    method: replacing ? 'PUT' : 'POST',
    body: form,
    headers: { authorization: `Bearer ${manager.token}`, ...options.headers },
  })
  const text = await response.text()
  const body: unknown = response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text
  return { status: response.status, headers: response.headers, text, body }
}

/** Calls a route of a tenant's documents: `documents('GET /documents/…')`. */
export function callLibrary({ app, manager, tenant }: Library, route: string, body?: unknown): Promise<Reply> {
  const [method, path] = route.split(' ')
  return call(app, `${method} /admin/tenants/${tenant}${path}`, { token: manager.token, body })
}

/** Waits until nothing is done any more about a document; how it is then. */
export async function settled(library: Library, id: string, withinMs = 20_000): Promise<Reply['body']> {
  const giveUpAtMs = performance.now() + withinMs
  for (;;) {
    const { body } = await callLibrary(library, `GET /documents/${id}`)
    if (body.status === 'ready' || body.status === 'failed') return body
    if (performance.now() > giveUpAtMs) throw new Error(`the document is not done: ${JSON.stringify(body)}`)
    await Bun.sleep(20)
  }
}

/** Sends one file and waits until it is read. */
export async function bringIn(library: Library, file: SentFile): Promise<Reply['body']> {
  const sent = await sendFiles(library, [file])
  if (sent.status !== 202) throw new Error(`the document was not taken: ${sent.text}`)
  return settled(library, sent.body.id)
}
