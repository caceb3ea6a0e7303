import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { consoleDistDir } from '../../console/build.ts'
import { canBrowse, type Stage, startStage, type Visitor } from '../support/browser.ts'

const gzipBytesMax = 200_000

describe.skipIf(!canBrowse())('the first load', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await startStage()
  })
  afterAll(() => stage.stop())

  test('the sign-in page takes at most 200 kB of scripts and styles, gzip', async () => {
    const visitor = await stage.visit()
    const loaded = collectFiles(visitor)
    await visitor.go('/sign-in')
    await visitor.page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect(await weigh(loaded)).toBeLessThanOrEqual(gzipBytesMax)
    visitor.assertQuiet()
    await visitor.leave()
  })
})

/** The console's scripts and styles that a page asks for from now on, by their names in the build. */
function collectFiles(visitor: Visitor): Set<string> {
  const names = new Set<string>()
  visitor.page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    if (/\.(?:js|css)$/.test(pathname)) names.add(pathname.replace('/console/', ''))
  })
  return names
}

/** Bytes of what the server sends for them with gzip. */
async function weigh(names: Set<string>): Promise<number> {
  expect(names.size).toBeGreaterThan(3)
  let bytes = 0
  for (const name of names) {
    const plain = Bun.file(`${consoleDistDir}/${name}`)
    const compressed = Bun.file(`${consoleDistDir}/${name}.gz`)
    const size = (await compressed.exists()) ? compressed.size : plain.size
    bytes += size
  }
  return bytes
}
