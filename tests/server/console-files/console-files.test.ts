import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { apiDocsViewer } from '../../../server/http/api-docs-viewer.ts'
import { consoleContentSecurityPolicy, consoleFiles, type ConsoleFiles } from '../../../server/http/console-files.ts'

const script = `console.log(${JSON.stringify('x'.repeat(2000))})`
let dir: string
let serve: ConsoleFiles

const get = (pathname: string, init: RequestInit = {}): Promise<Response> =>
  serve(new Request(`http://localhost${pathname}`, init), pathname)

const findCode = (answer: Promise<Response>): Promise<unknown> =>
  answer.then(
    () => 'answered',
    (thrown: unknown) => (thrown instanceof Error && 'code' in thrown ? thrown.code : thrown),
  )

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'console-files-'))
  await mkdir(join(dir, 'dist/assets'), { recursive: true })
  await writeFile(join(dir, 'secret.txt'), 'secret')
  await writeFile(join(dir, 'secret.js'), 'secret')
  await writeFile(join(dir, 'dist/.build-hash'), 'hash')
  await writeFile(join(dir, 'dist/index.html'), '<!doctype html><title>Console</title>')
  await writeFile(join(dir, 'dist/theme.js'), 'theme')
  await writeFile(join(dir, 'dist/assets/index-abc.js'), script)
  await writeFile(join(dir, 'dist/assets/index-abc.js.br'), brotliCompressSync(script))
  await writeFile(join(dir, 'dist/assets/index-abc.js.gz'), gzipSync(script))
  serve = consoleFiles({ distDir: join(dir, 'dist') })
})

afterAll(() => rm(dir, { recursive: true }))

describe('the console’s files', () => {
  test.each(['/console', '/console/', '/console/sign-in', '/console/tenants/kepler/prompt', '/console/index.html'])(
    '%s is the page, never cached without asking',
    async (pathname) => {
      const answer = await get(pathname)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(answer.headers.get('cache-control')).toBe('no-cache')
      expect(await answer.text()).toContain('<title>Console</title>')
    },
  )

  test.each([
    '/console/../secret.txt',
    '/console/../secret.js',
    '/console/assets/../../secret.js',
    '/console/%2e%2e/secret.js',
    '/console/..%2fsecret.js',
    '/console/..\\secret.js',
    '/console//etc/passwd',
    '/console/assets/../../../../../../etc/passwd',
    '/console/.build-hash',
    '/console/assets/index-abc.js.br',
    '/console/assets/index-abc.js\u0000',
  ])('%p never leads to a file outside the list', async (pathname) => {
    const body = await serve(new Request('http://localhost/console/'), pathname).then(
      (answer) => answer.text(),
      (thrown: unknown) => String(thrown),
    )
    expect(body).not.toContain('secret')
    expect(body).not.toContain('root:')
    expect(body).not.toBe('hash')
  })

  test('a missing script is 404 and not the page', async () => {
    expect(await findCode(get('/console/assets/index-old.js'))).toBe('console.file_not_found')
    expect(await findCode(get('/console/missing.css'))).toBe('console.file_not_found')
  })

  test('hashed assets are kept for a year, their plain neighbours are not', async () => {
    const asset = await get('/console/assets/index-abc.js')
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect((await get('/console/theme.js')).headers.get('cache-control')).toBe('no-cache')
  })

  test.each([
    ['br, gzip', 'br'],
    ['gzip;q=1.0, br;q=0', 'gzip'],
    ['GZIP', 'gzip'],
    ['identity', null],
    ['', null],
  ])('with accept-encoding %p the asset is sent as %p', async (accepted, encoding) => {
    const answer = await get('/console/assets/index-abc.js', { headers: { 'accept-encoding': accepted } })
    expect(answer.headers.get('content-encoding')).toBe(encoding)
    expect(answer.headers.get('vary')).toBe('accept-encoding')
    expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  })

  test('what a browser has already is not sent again', async () => {
    const first = await get('/console/assets/index-abc.js', { headers: { 'accept-encoding': 'br' } })
    const etag = first.headers.get('etag') ?? ''
    const again = await get('/console/assets/index-abc.js', {
      headers: { 'accept-encoding': 'br', 'if-none-match': etag },
    })
    expect(again.status).toBe(304)
    expect(await again.text()).toBe('')
    const plain = await get('/console/assets/index-abc.js', { headers: { 'if-none-match': etag } })
    expect(plain.status).toBe(200)
  })

  test('HEAD has the headers of GET and no body; other methods are refused', async () => {
    const head = await get('/console/theme.js', { method: 'HEAD' })
    expect(head.headers.get('content-length')).toBe('5')
    expect(await head.text()).toBe('')
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      expect(await findCode(get('/console/', { method }))).toBe('console.method_not_allowed')
    }
  })

  test('every answer carries the strict policy', async () => {
    for (const pathname of ['/console/', '/console/theme.js', '/console/assets/index-abc.js']) {
      const { headers } = await get(pathname)
      expect(headers.get('content-security-policy')).toBe(consoleContentSecurityPolicy)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
      expect(headers.get('permissions-policy')).toContain('camera=()')
    }
    expect(consoleContentSecurityPolicy).not.toMatch(/unsafe|\*|http/)
  })

  test('a new build is served without a restart', async () => {
    await writeFile(join(dir, 'dist/assets/index-def.js'), 'new')
    expect(await findCode(get('/console/assets/index-def.js'))).toBe('console.file_not_found')
    await writeFile(join(dir, 'dist/index.html'), '<!doctype html><title>Console</title><!-- new -->')
    expect(await (await get('/console/assets/index-def.js')).text()).toBe('new')
  })

  test('without a build it says so', async () => {
    const empty = consoleFiles({ distDir: join(dir, 'nothing') })
    expect(await findCode(empty(new Request('http://localhost/console/'), '/console/'))).toBe('console.not_built')
  })

  test('in development it forwards to the dev server, with a policy opened for its port alone', async () => {
    const vite = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: ({ url }) =>
        new Response(new URL(url).pathname, { headers: { 'x-powered-by': 'x', 'content-type': 'text/html' } }),
    })
    try {
      const forward = consoleFiles({ distDir: dir, devServerUrl: `http://127.0.0.1:${vite.port}` })
      const answer = await forward(new Request('http://localhost/console?x=1'), '/console')
      expect(await answer.text()).toBe('/console/')
      expect(answer.headers.get('x-powered-by')).toBeNull()
      const policy = answer.headers.get('content-security-policy')
      expect(policy).toContain(`ws://127.0.0.1:${vite.port}`)
      expect(policy).toContain("frame-ancestors 'none'")
    } finally {
      await vite.stop(true)
    }
  })
})

describe('the viewer of the API document', () => {
  const view = apiDocsViewer()

  test('asks nothing of third parties', async () => {
    const page = view('/swagger')
    expect(page?.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'")
    const html = (await page?.text()) ?? ''
    expect(html).not.toMatch(/(?:src|href)="(?!\/)/)
    for (const [, path = ''] of html.matchAll(/(?:src|href)="(\/swagger\/assets\/[^"]+)"/g)) {
      expect(view(path)?.status).toBe(200)
    }
  })

  test.each(['/swagger/json', '/swagger/assets/../package.json', '/swagger/assets/index.js', '/swagger/assets/', '/x'])(
    '%s is not its own',
    (pathname) => expect(view(pathname)).toBeUndefined(),
  )
})
