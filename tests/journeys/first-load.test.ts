import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { consoleDistDir } from '../../console/build.ts'
import { canBrowse, type Stage, startStage, type Visitor } from '../support/browser.ts'
import { makeTenant } from '../support/people.ts'

const bytesMax = 200_000

describe.skipIf(!canBrowse())('the first load', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await startStage()
    await makeTenant(stage.app, stage.superuser, 'heavy', { name: 'Heavy Industries' })
  })
  afterAll(() => stage.stop())

  test('the sign-in page takes at most 200 kB of scripts and styles, gzip', async () => {
    const visitor = await stage.visit()
    const loaded = collectFiles(visitor)
    await visitor.go('/sign-in')
    await visitor.page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect(await weigh(loaded)).toBeLessThanOrEqual(bytesMax)
    visitor.assertQuiet()
    await visitor.leave()
  })

  const pages = [
    { name: 'Home', path: '/', shown: 'Get started' },
    { name: 'the list of tenants', path: '/tenants', shown: 'Heavy Industries' },
    { name: "a tenant's page", path: '/tenants/heavy', shown: 'This month' },
  ]
  for (const { name, path, shown } of pages) {
    test(`${name} takes somebody who is signed in at most 200 kB of scripts and styles, gzip, without charts`, async () => {
      const visitor = await stage.visit()
      await visitor.go('/sign-in')
      await visitor.signIn(stage.superuser)
      const loaded = collectFiles(visitor)
      await visitor.go(path)
      await visitor.page.getByText(shown).first().waitFor()
      for (const file of loaded) if (file.startsWith('assets/charts-')) loaded.delete(file)
      expect(await weigh(loaded)).toBeLessThanOrEqual(bytesMax)
      visitor.assertQuiet()
      await visitor.leave()
    })
  }
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

/** Bytes of what the server sends for them to whoever takes gzip. */
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
