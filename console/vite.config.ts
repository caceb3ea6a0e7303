import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { fileURLToPath } from 'node:url'
import type { UserConfig } from 'vite'
import { version } from '../package.json'
import { precompressAssets, preloadFont } from './build-plugins.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/**
 * Few chunks, as each is a request and compresses by itself, but none that a page needs only a part of: the forms'
 * library is for pages with a form, the charts for those that draw. What many pages share is one chunk, kept apart from
 * what the entrance needs.
 */
const chunkGroups = [
  { name: 'react', test: /node_modules[\\/](?:react|react-dom|scheduler)[\\/]/, priority: 5 },
  { name: 'main', tags: ['$initial' as const], priority: 4 },
  { name: 'forms', test: /node_modules[\\/]react-hook-form[\\/]/, priority: 3 },
  {
    name: 'fields',
    test: /src[\\/](?:ui[\\/](?:field|password-field|notice|problem-notice|button-link|time)|lib[\\/](?:times|use-now)|panels[\\/]options\.queries)\.tsx?$/,
    priority: 3,
  },
  { name: 'parts', test: /src[\\/](?:ui|lib|panels|app)[\\/]/, minShareCount: 5, priority: 2 },
  { name: 'charts', test: /src[\\/]ui[\\/]chart[\\/]/, minShareCount: 2, priority: 1 },
]

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
    rolldownOptions: { output: { codeSplitting: { groups: chunkGroups } } },
  },
}

export default config
