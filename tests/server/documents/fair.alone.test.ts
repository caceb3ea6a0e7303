import { afterAll, beforeAll, expect, test } from 'bun:test'
import { callLibrary, type Library, sendFiles, settled } from '../../support/documents.ts'
import { makeSuperuser, makeTenant, type Person } from '../../support/people.ts'
import { startApp, type TestApp } from '../../support/start-app.ts'

const documentsOfTheBusy = process.env.FULL ? 1_000 : 300
const filesPerForm = 20
const waitMsMax = 5_000

let app: TestApp
let manager: Person
beforeAll(async () => {
  app = await startApp()
  manager = await makeSuperuser(app)
})
afterAll(() => app.stop())

test(`${documentsOfTheBusy} documents of one tenant delay the first of another by less than 5 s`, async () => {
  const busy: Library = { app, manager, tenant: await makeTenant(app, manager, 'busy') }
  const calm: Library = { app, manager, tenant: await makeTenant(app, manager, 'calm') }
  for (let from = 0; from < documentsOfTheBusy; from += filesPerForm) {
    const files = Array.from({ length: filesPerForm }, (_, at) => ({
      name: `${from + at}.txt`,
      content: `Document ${from + at}. ${'It says little. '.repeat(50)}`,
    }))
    expect((await sendFiles(busy, files)).status).toBe(202)
  }
  const startedMs = performance.now()
  const sent = await sendFiles(calm, [{ name: 'first.txt', content: 'The first of the other tenant.' }])
  expect((await settled(calm, sent.body.id)).status).toBe('ready')
  const waitedMs = performance.now() - startedMs
  const { counts } = (await callLibrary(busy, 'GET /documents?include=counts&limit=1')).body
  console.log(`waited ${Math.round(waitedMs)} ms, while ${counts.queued + counts.processing} others waited`)
  expect(counts.queued + counts.processing).toBeGreaterThan(10)
  expect(waitedMs).toBeLessThan(waitMsMax)
}, 300_000)
