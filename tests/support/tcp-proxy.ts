import { connect, createServer, type Socket } from 'node:net'

/** An address that stays while what is behind it comes and goes. */
export interface TcpProxy {
  port: number
  /** From now on connections go there; undefined refuses them. Open ones are left to their ends. */
  pointTo(port: number | undefined): void
  stop(): Promise<void>
}

/** Starts a proxy on a free port of loopback. */
export async function startTcpProxy(target?: number): Promise<TcpProxy> {
  let behind = target
  const open = new Set<Socket>()
  const server = createServer((client) => {
    if (behind === undefined) {
      client.resetAndDestroy()
      return
    }
    const upstream = connect(behind, '127.0.0.1')
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one)
      one.on('error', () => undefined)
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    pointTo(port) {
      behind = port
    },
    async stop() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
