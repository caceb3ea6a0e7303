import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { consoleDistDir } from '../../console/build.ts'
import { canBrowse, type Stage, startStage, type Visitor } from '../support/browser.ts'

const bytesMax = 200_000

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
    expect(await weigh(loaded, '.gz')).toBeLessThanOrEqual(bytesMax)
    visitor.assertQuiet()
    await visitor.leave()
  })

  test('Home takes somebody who is signed in at most 200 kB, as browsers get it: with Brotli', async () => {
    const visitor = await stage.visit()
    const { page } = visitor
    await visitor.go('/sign-in')
    await visitor.signIn(stage.superuser)
    const loaded = collectFiles(visitor)
    await page.reload()
    await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor()
    await page.getByText('No tenant yet').waitFor()
    expect(await weigh(loaded, '.br')).toBeLessThanOrEqual(bytesMax)
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

/** Bytes of what the server sends for them, compressed so. */
async function weigh(names: Set<string>, ending: '.gz' | '.br'): Promise<number> {
  expect(names.size).toBeGreaterThan(3)
  let bytes = 0
  for (const name of names) {
    const plain = Bun.file(`${consoleDistDir}/${name}`)
    const compressed = Bun.file(`${consoleDistDir}/${name}${ending}`)
    const size = (await compressed.exists()) ? compressed.size : plain.size
    bytes += size
  }
  return bytes
}
