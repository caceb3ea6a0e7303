import { fileURLToPath } from 'node:url'

const consoleDir = fileURLToPath(new URL('.', import.meta.url))

/** Where the built console lies, as an absolute path: what `consoleFiles` takes as `distDir`. */
export const consoleDistDir = fileURLToPath(new URL('dist', import.meta.url))

/**
 * Builds the console into `console/dist` and remembers the hash of what it was built from.
 * Two builds at once are not safe; the callers (`bun run build`, `start`) run one.
 */
export async function buildConsole(options: { quiet?: boolean } = {}): Promise<void> {
  // Loaded here so that a server with a fresh build never loads the bundler.
  const [{ build }, { default: config }] = await Promise.all([import('vite'), import('./vite.config.ts')])
  const hash = await hashSources()
  await build({ ...config, configFile: false, logLevel: options.quiet ? 'error' : 'info' })
  await Bun.write(`${consoleDistDir}/.build-hash`, hash)
}

/** Whether `console/dist` is missing or was built from other sources, packages or version than those on disk. */
export async function isConsoleBuildStale(): Promise<boolean> {
  const remembered = Bun.file(`${consoleDistDir}/.build-hash`)
  if (!(await remembered.exists())) return true
  return (await remembered.text()) !== (await hashSources())
}

/** SHA-256 over the names and bytes of the console's sources, the lockfile and package.json, in a fixed order. */
async function hashSources(): Promise<string> {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const hasher = new Bun.CryptoHasher('sha256')
  const inside = new Bun.Glob('**/*').scan({ cwd: consoleDir, onlyFiles: true })
  const paths = ['bun.lock', 'package.json']
  for await (const path of inside) if (!path.startsWith('dist/')) paths.push(`console/${path.replaceAll('\\', '/')}`)
  for (const path of paths.toSorted()) {
    hasher.update(`${path}\0`)
    hasher.update(await Bun.file(`${root}/${path}`).arrayBuffer())
  }
  return hasher.digest('hex')
}

if (import.meta.main) await buildConsole()
