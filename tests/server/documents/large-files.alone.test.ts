import { afterAll, beforeAll, expect, test } from 'bun:test'
import { callLibrary, type Library, sendFiles } from '../../support/documents.ts'
import { makeSuperuser, makeTenant } from '../../support/people.ts'
import { startApp, type TestApp } from '../../support/start-app.ts'

let app: TestApp
let library: Library
beforeAll(async () => {
  app = await startApp()
  const manager = await makeSuperuser(app)
  library = { app, manager, tenant: await makeTenant(app, manager, 'large') }
})
afterAll(() => app.stop())

test('E4: a file of 100 MB is refused before it is read, and nothing of it is kept', async () => {
  const memoryBefore = process.memoryUsage.rss()
  const startedMs = performance.now()
  const sent = await sendFiles(library, [{ name: 'huge.txt', content: new Uint8Array(100 * 1024 * 1024).fill(0x61) }])
  expect([sent.status, sent.body.code]).toEqual([413, 'document.too_large'])
  expect((await callLibrary(library, 'GET /documents')).body.items).toEqual([])
  expect(performance.now() - startedMs).toBeLessThan(2_000)
  // The test's own copies of the file are in this process, too: the file itself, and the form's.
  expect(process.memoryUsage.rss() - memoryBefore).toBeLessThan(400 * 1024 * 1024)
})
