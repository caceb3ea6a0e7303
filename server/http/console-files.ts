import { stat } from 'node:fs/promises'
import { defineError } from '../platform/errors.ts'
import { readAcceptedEncodings } from './compressed-answers.ts'
import { createDevForwarder } from './console-dev.ts'

/** There is no such file in the built console. */
export const consoleFileNotFound = defineError({
  code: 'console.file_not_found',
  status: 404,
  title: 'No such file in the console',
})

/** The console is only read. */
export const consoleMethodNotAllowed = defineError({
  code: 'console.method_not_allowed',
  status: 405,
  title: 'The console is only read',
})

/** There is no build to serve. */
export const consoleNotBuilt = defineError({
  code: 'console.not_built',
  status: 503,
  title: 'The console is not built',
})

/** Answers a GET or HEAD below `/console`. Rejects with an `AppError` for what it does not have. */
export type ConsoleFiles = (request: Request, pathname: string) => Promise<Response>

const mount = '/console'

/** What the console's own pages may do in a browser: nothing that does not come from this server. */
export const consoleContentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const securityHeaders = {
  'content-security-policy': consoleContentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
}

const contentTypes: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  map: 'application/json',
  png: 'image/png',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
}

/** Encodings made at build time, best first, with what they add to a file's name. */
const encodings = [
  { name: 'br', suffix: '.br' },
  { name: 'gzip', suffix: '.gz' },
] as const

interface ServedFile {
  path: string
  contentType: string
  cacheControl: string
  etag: string
  encodings: ReadonlySet<string>
}

interface Build {
  stamp: number
  files: ReadonlyMap<string, ServedFile>
}

/**
 * Serves the built console from `distDir` at `/console` and below: hashed assets for a year, everything else
 * revalidated, unknown paths without a file's ending as the page itself (the console routes them). Only names found by
 * listing the build are ever opened, so no path can lead out of it; a new build is noticed by its index.html.
 * With `devServerUrl` (development) it forwards to a Vite dev server on loopback instead.
 * Errors: `console.file_not_found` 404, `console.method_not_allowed` 405, `console.not_built` 503.
 */
export function consoleFiles(options: { distDir: string; devServerUrl?: string }): ConsoleFiles {
  const forward =
    options.devServerUrl === undefined
      ? undefined
      : createDevForwarder({ devServerUrl: options.devServerUrl, securityHeaders })
  let build: Build | undefined

  async function getBuild(): Promise<Build> {
    const index = await stat(`${options.distDir}/index.html`).catch(() => undefined)
    if (!index) throw consoleNotBuilt({ detail: 'Run `bun run build`, then load this page again.' })
    if (build?.stamp !== index.mtimeMs) build = { stamp: index.mtimeMs, files: await listFiles(options.distDir) }
    return build
  }

  return async (request, pathname) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw consoleMethodNotAllowed({ headers: { allow: 'GET, HEAD' } })
    }
    if (forward) return forward(request)
    const file = findFile({ files: (await getBuild()).files, pathname })
    if (!file) throw consoleFileNotFound()
    return respond({ request, file })
  }
}

function findFile(options: { files: Build['files']; pathname: string }): ServedFile | undefined {
  const inside = options.pathname.slice(mount.length).replace(/^\//, '')
  const file = options.files.get(inside)
  if (file) return file
  // A missing script must not be answered with a page: the browser would try to run it.
  const isAsset = inside.startsWith('assets/') || Object.hasOwn(contentTypes, inside.slice(inside.lastIndexOf('.') + 1))
  return isAsset ? undefined : options.files.get('index.html')
}

async function listFiles(distDir: string): Promise<Map<string, ServedFile>> {
  const names = new Set<string>()
  for await (const name of new Bun.Glob('**/*').scan({ cwd: distDir, onlyFiles: true })) {
    names.add(name.replaceAll('\\', '/'))
  }
  const files = new Map<string, ServedFile>()
  for (const name of names) {
    const contentType = contentTypes[name.slice(name.lastIndexOf('.') + 1)]
    if (!contentType) continue
    const path = `${distDir}/${name}`
    const hash = new Bun.CryptoHasher('sha256').update(await Bun.file(path).arrayBuffer()).digest('base64url')
    files.set(name, {
      path,
      contentType,
      cacheControl: name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      etag: hash.slice(0, 22),
      encodings: new Set(encodings.filter(({ suffix }) => names.has(name + suffix)).map((encoding) => encoding.name)),
    })
  }
  return files
}

function respond(options: { request: Request; file: ServedFile }): Response {
  const { request, file } = options
  const encoding = chooseEncoding({ accepted: request.headers.get('accept-encoding'), available: file.encodings })
  const etag = `"${file.etag}${encoding ? `-${encoding.name}` : ''}"`
  const headers = new Headers({ ...securityHeaders, 'cache-control': file.cacheControl, etag })
  if (file.encodings.size > 0) headers.set('vary', 'accept-encoding')
  if (matchesEtag({ header: request.headers.get('if-none-match'), etag }))
    return new Response(null, { status: 304, headers })
  headers.set('content-type', file.contentType)
  if (encoding) headers.set('content-encoding', encoding.name)
  const body = Bun.file(file.path + (encoding?.suffix ?? ''))
  if (request.method === 'GET') return new Response(body, { headers })
  headers.set('content-length', String(body.size))
  return new Response(null, { headers })
}

/** The best encoding that both sides have. */
function chooseEncoding(options: { accepted: string | null; available: ReadonlySet<string> }) {
  const accepted = readAcceptedEncodings(options.accepted)
  return encodings.find(({ name }) => options.available.has(name) && accepted.has(name))
}

function matchesEtag(options: { header: string | null; etag: string }): boolean {
  const known = (options.header ?? '').split(',').map((item) => item.trim().replace(/^W\//, ''))
  return known.includes('*') || known.includes(options.etag)
}
