import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'
import config from './vite.config.ts'

/** Vite's own default for hot reload. */
const usualPort = 24_678

/** A running Vite dev server on loopback. */
export interface ConsoleDevServer {
  /** Its origin, `http://127.0.0.1:<port>`: what `consoleFiles` takes as `devServerUrl`. */
  url: string
  stop(): Promise<void>
}

/**
 * Starts Vite for the console on a free loopback port. Pages are reached through the API server, which forwards
 * `/console/*`; only the hot-reload websocket goes to this port directly, so both live on one address.
 */
export async function startConsoleDevServer(): Promise<ConsoleDevServer> {
  const port = findFreePort()
  const server = await createServer({
    ...config,
    configFile: false,
    logLevel: 'warn',
    clearScreen: false,
    // Packages are bundled anew at each start: one found late would reload the page, and the setup token with it.
    optimizeDeps: { force: true, entries: ['index.html'] },
    // Two servers of one checkout must not write into each other's bundles.
    cacheDir: fileURLToPath(new URL(`../node_modules/.vite/console-${port}`, import.meta.url)),
    server: {
      ...config.server,
      host: '127.0.0.1',
      port,
      strictPort: true,
      cors: false,
      hmr: { protocol: 'ws', host: '127.0.0.1', clientPort: port },
    },
  })
  await server.listen()
  return { url: `http://127.0.0.1:${port}`, stop: () => server.close() }
}

/** The usual port when it is free, so that an open page finds the next server after a restart; else any. */
function findFreePort(): number {
  try {
    return probePort(usualPort)
  } catch {
    return probePort(0)
  }
}

function probePort(wanted: number): number {
  const probe = Bun.listen({ hostname: '127.0.0.1', port: wanted, socket: { data: () => undefined } })
  const { port } = probe
  probe.stop(true)
  return port
}

if (import.meta.main) {
  const { url } = await startConsoleDevServer()
  process.stdout.write(`${url}/console/\n`)
}
