import { brotliCompressSync, constants } from 'node:zlib'
import type { Plugin } from 'vite'

const compressible = /\.(?:css|html|js|json|svg)$/
const smallestWorthCompressing = 512

/**
 * Adds a `<link rel="preload">` for one emitted font, found by the start of its file name, so that text is not painted
 * twice. In development it does nothing.
 */
export function preloadFont(fileName: string): Plugin {
  return {
    name: 'tenantry:preload-font',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { bundle }) => {
        const fonts = Object.keys(bundle ?? {}).filter(
          (name) => name.includes(`/${fileName}-`) && name.endsWith('.woff2'),
        )
        return fonts.map((name) => ({
          tag: 'link',
          attrs: { rel: 'preload', href: `/console/${name}`, as: 'font', type: 'font/woff2', crossorigin: '' },
          injectTo: 'head',
        }))
      },
    },
  }
}

/** Writes a `.br` and a `.gz` beside every text asset of the build, for `server/http/console-files.ts` to send as is. */
export function precompressAssets(): Plugin {
  return {
    name: 'tenantry:precompress-assets',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        for (const file of Object.values(bundle)) {
          if (!compressible.test(file.fileName)) continue
          const bytes = Buffer.from(file.type === 'chunk' ? file.code : file.source)
          if (bytes.length < smallestWorthCompressing) continue
          const params = {
            [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
            [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
          }
          this.emitFile({
            type: 'asset',
            fileName: `${file.fileName}.br`,
            source: brotliCompressSync(bytes, { params }),
          })
          // Takes its time for some 4 % less than zlib's best.
          const gzip = Bun.gzipSync(bytes, { library: 'libdeflate', level: 12 })
          this.emitFile({ type: 'asset', fileName: `${file.fileName}.gz`, source: gzip })
        }
      },
    },
  }
}
