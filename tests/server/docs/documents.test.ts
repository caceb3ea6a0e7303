import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { dirname, join, relative } from 'node:path'
import { knownVariables } from '../../../server/platform/config.ts'
import { listOperations, type Operation } from '../../support/api-operations.ts'
import { anchorsOf } from '../../support/markdown.ts'
import { startApp, type TestApp } from '../../support/start-app.ts'

/** What the documents say is so. */

const root = join(import.meta.dir, '../../..')
const read = (path: string): Promise<string> => Bun.file(join(root, path)).text()

let app: TestApp
let operations: Operation[]
let documents: { path: string; text: string }[]

beforeAll(async () => {
  app = await startApp()
  operations = await listOperations(app)
  const paths = ['README.md', ...new Bun.Glob('docs/**/*.md').scanSync({ cwd: root })].toSorted()
  documents = await Promise.all(paths.map(async (path) => ({ path, text: await read(path) })))
})
afterAll(() => app.stop())

describe('the environment', () => {
  test('the table and .env.example have exactly the variables that are read', async () => {
    const table = [...(await read('docs/environment.md')).matchAll(/^\| `([A-Z_]+)` +\|/gm)].map(
      ([, name = '']) => name,
    )
    const example = [...(await read('.env.example')).matchAll(/^([A-Z_]+)=/gm)].map(([, name = '']) => name)
    expect(table.toSorted()).toEqual(knownVariables.toSorted())
    expect(example.toSorted()).toEqual(knownVariables.toSorted())
  })

  test('no source file of the server reads a variable past the configuration', async () => {
    const known = new Set([...knownVariables, 'BUN_CONFIG_MAX_HTTP_REQUESTS', 'PATH'])
    const found: string[] = []
    for (const path of new Bun.Glob('server/**/*.ts').scanSync({ cwd: root })) {
      for (const [, name = ''] of (await read(path)).matchAll(/process\.env\.([A-Z_]+)/g)) {
        if (!known.has(name)) found.push(`${path}: ${name}`)
      }
    }
    expect(found).toEqual([])
  })
})

describe('the documents', () => {
  test('lead nowhere that is not there', async () => {
    const broken: string[] = []
    for (const { path, text } of documents) {
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue
        const [file = '', anchor] = target.split('#')
        const resolved = file === '' ? path : relative(root, join(root, dirname(path), file))
        if (
          !(await Bun.file(join(root, resolved)).exists()) &&
          !documents.some((each) => each.path.startsWith(`${resolved.replace(/\/$/, '')}/`))
        ) {
          broken.push(`${path}: ${target}`)
        } else if (anchor && !anchorsOf(await read(resolved)).includes(anchor)) broken.push(`${path}: ${target}`)
      }
    }
    expect(broken).toEqual([])
  })

  test('every one of docs/ is linked from the README, or from one that is', async () => {
    const reachable = new Set(['README.md'])
    for (const path of reachable) {
      const text = documents.find((each) => each.path === path)?.text ?? ''
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s#]+)/g)) {
        const resolved = relative(root, join(root, dirname(path), target))
        for (const each of documents)
          if (each.path === resolved || each.path.startsWith(`${resolved}/`)) reachable.add(each.path)
      }
    }
    expect(documents.map(({ path }) => path).filter((path) => !reachable.has(path))).toEqual([])
  })

  test('name only scripts that there are', async () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(await read('package.json'))
    const named = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/bun run ([a-z][\w:-]*)/g)].map(([, name = '']) => ({ path, name })),
    )
    expect(named.length).toBeGreaterThan(15)
    expect(named.filter(({ name }) => !(name in scripts))).toEqual([])
  })

  test('call only routes that there are', () => {
    const known = operations.map(({ method, path }) => ({
      method,
      pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    }))
    const calls = documents.flatMap(({ path, text }) => {
      const lines = text.replaceAll(/\\\n\s*/g, ' ').split('\n')
      return lines.flatMap((line) => {
        const [, route] = /curl .*?\$api(\/[^\s"'?)]*)/.exec(line) ?? []
        if (route === undefined) return []
        const sends = / (-d|--data\S*) /.test(line)
        const method = / -X (\w+)/.exec(line)?.[1] ?? (sends ? 'POST' : 'GET')
        return [{ path, method, route: route.replaceAll(/\$\w+/g, 'x') }]
      })
    })
    expect(calls.length).toBeGreaterThan(15)
    expect(
      calls.filter((each) => !known.some(({ method, pattern }) => method === each.method && pattern.test(each.route))),
    ).toEqual([])
  })
})
