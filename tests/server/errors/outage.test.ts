import { afterEach, expect, test } from 'bun:test'
import { createServer, type Server, type Socket } from 'node:net'
import { databaseOver, openHotPool, openPool } from '../../../server/data/postgres.ts'
import { isDatabaseOutage } from '../../../server/platform/outage.ts'

let listener: Server | undefined
afterEach(() => listener?.close())

/** The address of something that takes connections and is no database. */
async function listen(onConnection: (socket: Socket) => void): Promise<string> {
  const server = createServer(onConnection)
  listener = server
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `postgres://somebody:secret@127.0.0.1:${address.port}/tenantry`
}

const answers: [string, (socket: Socket) => void][] = [
  ['resets connections', (socket) => socket.resetAndDestroy()],
  ['ends connections', (socket) => socket.end()],
  ['ends them after the first words', (socket) => socket.once('data', () => socket.end())],
]

test.each(answers)(
  'a proxy that %s while its database is away is an outage, whichever driver asks',
  async (_, answer) => {
    const url = await listen(answer)
    const options = { url, max: 1, name: 'outage', prepare: true }
    const hot = openHotPool({ ...options, isShared: false, statementsMax: 1 })
    const pool = openPool(options)
    const failures = await Promise.all([
      hot
        .run('', (sql) => sql`select 1`)
        .then(
          () => 'an answer',
          (error: unknown) => error,
        ),
      databaseOver(pool)
        .execute('select 1')
        .then(
          () => 'an answer',
          (error: unknown) => error,
        ),
    ])
    await Promise.allSettled([hot.close(), pool.end()])
    for (const failure of failures) expect([failure, isDatabaseOutage(failure)]).toEqual([failure, true])
  },
  30_000,
)
