import type { BunFile } from 'bun'
import { fileURLToPath } from 'node:url'

/** Answers a GET below `/swagger`, or undefined for what is not the viewer's. */
export type ApiDocsViewer = (pathname: string) => Response | undefined

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>API document · Tenantry</title>
    <link rel="icon" type="image/svg+xml" href="/console/favicon.svg" />
    <link rel="stylesheet" href="/swagger/assets/swagger-ui.css" />
    <script src="/swagger/assets/swagger-ui-bundle.js" defer></script>
    <script src="/swagger/assets/viewer.js" defer></script>
  </head>
  <body>
    <main id="viewer"></main>
    <noscript>The viewer needs JavaScript; the document itself is <a href="/swagger/json">/swagger/json</a>.</noscript>
  </body>
</html>
`

/** Starts the viewer; follows the theme chosen in the console, and validates nowhere else. */
const script = `let chosen = null
try {
  chosen = localStorage.getItem('tenantry.theme')
} catch {}
const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
document.documentElement.classList.toggle('dark-mode', dark)
SwaggerUIBundle({
  url: '/swagger/json',
  dom_id: '#viewer',
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
  displayRequestDuration: true,
})
`

/** React sets styles through the object model, so no inline style is needed; pictures in the stylesheet are data URLs. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
}

/**
 * A viewer at `/swagger` for the document at `/swagger/json`, with swagger-ui's own files from its package: nothing is
 * asked of third parties. Files are served from a list of names, so no path leads elsewhere.
 */
export function apiDocsViewer(): ApiDocsViewer {
  const assets = new Map<string, { body: BunFile | string; contentType: string }>([
    ['swagger-ui.css', { body: packagedFile('swagger-ui.css'), contentType: 'text/css; charset=utf-8' }],
    [
      'swagger-ui-bundle.js',
      { body: packagedFile('swagger-ui-bundle.js'), contentType: 'text/javascript; charset=utf-8' },
    ],
    ['viewer.js', { body: script, contentType: 'text/javascript; charset=utf-8' }],
  ])
  return (pathname) => {
    if (pathname === '/swagger' || pathname === '/swagger/') {
      return new Response(page, {
        headers: { ...headers, 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' },
      })
    }
    const asset = pathname.startsWith('/swagger/assets/') && assets.get(pathname.slice('/swagger/assets/'.length))
    if (!asset) return undefined
    return new Response(asset.body, {
      headers: { ...headers, 'content-type': asset.contentType, 'cache-control': 'public, max-age=3600' },
    })
  }
}

function packagedFile(name: string): BunFile {
  return Bun.file(fileURLToPath(import.meta.resolve(`swagger-ui-dist/${name}`)))
}
