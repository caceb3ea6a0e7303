import { startEmbeddedPostgres } from '../../../server/data/embedded-postgres.ts'
import { createLog } from '../../../server/platform/log.ts'
import postgres from 'postgres'

/**
 * A process to be killed: owns the embedded server of the data directory in its first argument, tells by JSON lines
 * what it found, then inserts numbers one by one and prints each after its commit was acknowledged.
 */
const [dataDir = '', mode = 'insert'] = process.argv.slice(2)
// A test run that is itself killed takes its owners along.
process.stdin.on('end', () => process.exit(1)).resume()
const startedAtMs = performance.now()
const server = await startEmbeddedPostgres({ dataDir, log: createLog({ level: 'silent' }) })
const sql = postgres(server.url, { max: 1, onnotice: () => {} })
await sql`create table if not exists acknowledged (number int primary key)`
const found = await sql<{ number: number }[]>`select number from acknowledged order by number`
console.log(
  JSON.stringify({
    startedMs: performance.now() - startedAtMs,
    postmasterPid: server.postmasterPid,
    numbers: found.map((row) => row.number),
  }),
)
if (mode === 'stop') {
  await sql.end()
  await server.stop()
  process.exit(0)
} else {
  for (let number = (found.at(-1)?.number ?? 0) + 1; ; number += 1) {
    await sql`insert into acknowledged values (${number})`
    console.log(number)
  }
}
