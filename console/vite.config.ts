import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { fileURLToPath } from 'node:url'
import type { UserConfig } from 'vite'
import { version } from '../package.json'
import { precompressAssets, preloadFont } from './build-plugins.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** How the console is built: under `/console/`, hashed assets, nothing inlined, so that the strict policy holds. */
const config: UserConfig = {
  root: here('.'),
  base: '/console/',
  plugins: [react(), tailwindcss(), preloadFont('instrument-sans-latin-wght-normal'), precompressAssets()],
  define: { 'import.meta.env.TENANTRY_VERSION': JSON.stringify(version) },
  // The dev server is reached through the API's own address: it may read its sources and packages, not the repository.
  server: { fs: { strict: true, allow: [here('.'), here('../node_modules')] } },
  build: {
    outDir: here('dist'),
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: false,
  },
}

export default config
