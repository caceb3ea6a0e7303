import { createRedisCounters } from '../answering/limits/redis-counters.ts'
import { type Drift, reconcileUsage } from '../answering/limits/reconcile-usage.ts'
import { openCoreAddress } from '../core-address.ts'
import { openCoreDatabase } from '../data/core-database.ts'
import { readDatabaseTime, sumMonth } from '../data/usage-months.data.ts'
import { createUsageLedger } from '../data/usage.data.ts'
import { createLog } from '../platform/log.ts'
import { createRedis } from '../platform/redis.ts'
import { createSecretBox } from '../platform/secrets.ts'
import { readCommandConfig, readWords } from './command-line.ts'

/**
 * `bun run usage:reconcile [2026-11]`: compares the sums by hour and, with REDIS_URL, the counters of limits with the
 * ledger, prints what differs, and puts counters right. Ends with 1 when anything differed. Safe beside running servers.
 */
const usage = `Usage: bun run usage:reconcile [month, as in 2026-11]

Compares the sums that are shown and, with REDIS_URL, the counters of limits with the ledger, prints what differs, and
puts counters right; without a month, for the present one. It runs beside servers, with their environment. Ends with 0
when nothing differed, with 1 when something did, with 2 when it could not compare.`

const connections = 2
/** Nobody waits for it, and a busy Redis is no drift. */
const patienceMs = 5_000

const [wantedMonth] = readWords({ usage, wordsMax: 1 })
try {
  process.exit(await run(wantedMonth))
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(2)
}

async function run(wanted: string | undefined): Promise<number> {
  if (wanted !== undefined && !/^\d{4}-(0[1-9]|1[0-2])$/.test(wanted)) {
    throw new Error('Name a month as in 2026-11, or none for the present one.')
  }
  const config = await readCommandConfig()
  const log = createLog({ level: 'error' })
  const address = await openCoreAddress(config, log)
  const core = await openCoreDatabase({
    ...address,
    managedRuntimeUrl: config.databaseRuntimeUrl,
    pooler: config.databasePooler,
    poolMax: connections,
    secretBox: await createSecretBox(config.secretKey, config.secretKeyPrevious),
  })
  const redis = config.redisUrl
    ? await createRedis({
        url: config.redisUrl,
        installationId: core.installationId,
        log,
        now: () => new Date(),
        commandTimeoutMs: patienceMs,
      })
    : undefined
  const month = wanted ?? (await readDatabaseTime(core.db)).toISOString().slice(0, 7)
  const found = await reconcileUsage({
    core,
    ledger: createUsageLedger(core.hotWrites),
    counters: redis && createRedisCounters({ redis, loadMonth: (query) => sumMonth(core.db, query) }),
    month,
  })
  const lines = [
    `Month ${month}: ${found.months} tenants used something.`,
    `Calls that nobody had settled: ${found.settledCalls}.`,
    found.counters === null
      ? 'No REDIS_URL: every process counts by itself and reads the ledger every few seconds.'
      : `Counters compared: ${found.counters}${found.busy > 0 ? `, ${found.busy} changed too fast` : ''}.`,
    ...found.drifts.map(describeDrift),
    found.drifts.length === 0 ? 'Nothing differs from the ledger.' : `${found.drifts.length} differed from the ledger.`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  redis?.close()
  await core.close()
  await address.stop()
  return found.drifts.length === 0 ? 0 : 1
}

function describeDrift({ what, tenantId, userId, shown, ledger }: Drift): string {
  const who = userId === null ? tenantId : `${tenantId}, user ${userId}`
  const amounts = (of: Drift['ledger']): string => `${of.tokens} tokens, ${of.costMicroUsd} micro-USD`
  const after = what === 'counter' ? '; put right' : ''
  return `Drift (${what}) of ${who}: ${amounts(shown)} instead of ${amounts(ledger)}${after}.`
}
