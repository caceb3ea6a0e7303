import { afterAll, beforeAll, expect, test } from 'bun:test'
import { migrateCore } from '../../server/data/migrate.ts'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'
import { call } from '../support/call.ts'
import { callLibrary, type Library, sendFiles } from '../support/documents.ts'
import { type FakeOpenAi, startFakeOpenAi } from '../support/fake-openai.ts'
import { type FakePinecone, startFakePinecone } from '../support/fake-pinecone.ts'
import { onDatabase } from '../support/owner-sql.ts'
import { productionEnv, signInFirst } from '../support/production.ts'
import { eventually } from '../support/scenario.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'

const rounds = process.env.FULL ? 30 : 4
const documentCount = 8
const pineconeKey = 'pcsk-survivor-0123456789'
const index = 'survivors'

let database: TestDatabase
let model: FakeOpenAi
let pinecone: FakePinecone
let running: ServerProcess | undefined
beforeAll(async () => {
  ;[database, model, pinecone] = await Promise.all([createTestDatabase(), startFakeOpenAi(), startFakePinecone()])
  await migrateCore(database.ownerUrl)
  pinecone.addIndex({ name: index, apiKey: pineconeKey })
})
afterAll(async () => {
  await running?.stop()
  await Promise.all([model.stop(), pinecone.stop()])
  await database.drop()
})

test(`kill -9 at any point of bringing documents in, ${rounds} times: every passage is there once, with one vector`, async () => {
  const env = {
    ...productionEnv,
    DATABASE_URL: database.ownerUrl,
    OPENAI_API_KEY: 'sk-survivor',
    OPENAI_BASE_URL: model.url,
    PINECONE_CONTROLLER_URL: pinecone.url,
    ALLOW_LOOPBACK_UPSTREAMS: 'true',
  }
  // Each upsert takes its time, so that kills meet every stage.
  pinecone.behave({ on: 'data', delayMs: 40 }, { sticky: true })
  const acknowledged = new Set<string>()
  let sent = 0
  let library: Library | undefined
  for (let round = 0; round <= rounds; round += 1) {
    running = await startServerProcess(env)
    library = await openLibrary(running, library === undefined)
    if (round === rounds) break
    const sending = sendUntilRefused(library, { from: sent, acknowledged })
    const before = acknowledged.size
    await Promise.race([sending, eventually(() => acknowledged.size > before, 20_000)])
    await Bun.sleep(Math.random() * 1_500)
    await running.killHard()
    sent = await sending
  }
  if (!library) throw new Error('there is no library')
  const last = library
  await eventually(async () => {
    const { counts } = (await callLibrary(last, 'GET /documents?include=counts')).body
    return counts.queued + counts.processing === 0
  }, 60_000)
  const { items } = (await callLibrary(last, 'GET /documents?limit=200')).body
  expect(items.filter(({ status }: { status: string }) => status !== 'ready')).toEqual([])
  for (const id of acknowledged) expect(items.map((item: { id: string }) => item.id)).toContain(id)
  const chunks = await onDatabase(
    database.ownerUrl,
    (sql) => sql<{ document_id: string; id: string; position: number; whole: number }[]>`
      select c.document_id, c.id, c.position, d.chunk_count as whole from tenant.chunks c
      join tenant.documents d on d.tenant_id = c.tenant_id and d.id = c.document_id order by 1, 3`,
  )
  for (const { id, chunks: count } of items) {
    const own = chunks.filter((chunk) => chunk.document_id === id)
    expect(own.map(({ position }) => position)).toEqual(Array.from({ length: count }, (_, at) => at))
  }
  expect(chunks.length).toBeGreaterThan(documentCount * 30)
  expect(pinecone.count(index, 'all')).toBe(chunks.length)
}, 600_000)

async function openLibrary(server: ServerProcess, isFirst: boolean): Promise<Library> {
  const token = await signInFirst(server)
  if (isFirst) {
    const body = {
      id: 'survivor',
      name: 'Survivor',
      pinecone_index: index,
      pinecone_api_key: pineconeKey,
      pinecone_namespace: 'all',
    }
    expect((await call(server, 'POST /admin/tenants', { token, body })).status).toBe(201)
  }
  const manager = { id: '', email: '', password: '', token, refreshToken: '' }
  return { app: server, manager, tenant: 'survivor' }
}

/** Sends documents one after the other until all are there or the server is gone; how many were sent altogether. */
async function sendUntilRefused(
  library: Library,
  progress: { from: number; acknowledged: Set<string> },
): Promise<number> {
  for (let at = progress.from; at < documentCount; at += 1) {
    const paragraphs = Array.from(
      { length: 60 },
      (_, line) => `Document ${at}, line ${line}. ${'More of it. '.repeat(60)}`,
    )
    const file = { name: `document ${at}.txt`, content: paragraphs.join('\n\n') }
    const reply = await sendFiles(library, [file]).catch(() => undefined)
    if (!reply) return at
    // One that was stored before its answer was lost is told, not doubled.
    if (reply.status === 202) progress.acknowledged.add(reply.body.id)
    else expect([reply.status, reply.body.code]).toEqual([409, 'document.duplicate'])
  }
  return documentCount
}
