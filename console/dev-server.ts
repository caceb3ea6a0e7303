import { createServer } from 'vite'
import config from './vite.config.ts'

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

function findFreePort(): number {
  const probe = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } })
  const { port } = probe
  probe.stop(true)
  return port
}

if (import.meta.main) {
  const { url } = await startConsoleDevServer()
  process.stdout.write(`${url}/console/\n`)
}
