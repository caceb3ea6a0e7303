import { createAnswerMetrics } from './answering/answer-metrics.ts'
import type { Answering } from './answering/answering.ts'
import { createEngine } from './answering/create-engine.ts'
import type { PlatformModels } from './answering/model-choice.ts'
import { createHealthRecorder, type HealthRecorder } from './answering/connection-health.ts'
import { openLimits } from './answering/limits/create-limits.ts'
import { createLimitEvents } from './answering/limits/limit-events.ts'
import type { Limits } from './answering/limits/limits.ts'
import { createOpenAnswers, type OpenAnswers } from './answering/open-answers.ts'
import { createSharedAnswers, type SharedAnswers } from './answering/shared-answers.ts'
import type { PlatformIndex } from './answering/index-location.ts'
import { createTenantSecrets, type TenantSecrets } from './answering/tenant-secrets.ts'
import { type ChangeFeed, startChangeFeed } from './data/change-feed.ts'
import { storeHealth } from './data/connection-health.data.ts'
import { type CoreDatabase, openCoreDatabase } from './data/core-database.ts'
import { createDatabaseServers, type DatabaseServers } from './data/database-servers.ts'
import { createDirectories, type Directories } from './data/directories.ts'
import { storeRefusals } from './data/limit-events.data.ts'
import { createProvisioner, type Provisioner } from './data/provision-tenant.ts'
import type { JobTask } from './data/job-queue.ts'
import { createKeptStores, type KeptStores } from './data/kept-stores.ts'
import { createMover, type Mover } from './data/move-tenant.ts'
import { createTenantDatabases, type StoreWatch, type TenantDatabases } from './data/tenant-databases.ts'
import { createPoolWaits } from './data/pool-waits.ts'
import { createUsageLedger, type UsageLedger } from './data/usage.data.ts'
import { openVerifiedOrigins, type VerifiedOrigins } from './data/verified-origins.ts'
import { createDomainProof, type DomainProof } from './external/domain-proof.ts'
import type { ModelDeadlines } from './external/language-model.ts'
import { createMailer } from './external/mailer.ts'
import { createModelTest } from './external/model-test.ts'
import { createPinecone, type PineconeAdapter } from './external/pinecone.ts'
import { createLimitNotices } from './mail/limit-notices.ts'
import { createForgetting, forgetTask } from './knowledge/forgetting.ts'
import type { IngestionParts } from './knowledge/ingested.ts'
import { createIngestion, ingestTask } from './knowledge/ingestion.ts'
import { createOutbox, type Outbox } from './mail/outbox.ts'
import type { Clock } from './platform/clock.ts'
import type { Config } from './platform/config.ts'
import { type DiskSpace, watchDiskSpace } from './platform/disk-space.ts'
import { createEgress, type Egress } from './platform/egress.ts'
import type { Log } from './platform/log.ts'
import { createMetrics, type Metrics } from './platform/metrics.ts'
import { createPasswords, type Passwords } from './platform/passwords.ts'
import { createRedis, type Redis } from './platform/redis.ts'
import { createRefreshTokens, type RefreshTokens } from './platform/refresh-tokens.ts'
import { createSecretBox, type SecretBox } from './platform/secrets.ts'
import { openTracing, type Tracing } from './platform/tracing.ts'

/** The long-lived objects of the process, built once. */
export interface Services {
  config: Config
  log: Log
  clock: Clock
  startedAt: Date
  metrics: Metrics
  /** Undefined when no collector is named. */
  tracing: Tracing | undefined
  core: CoreDatabase
  servers: DatabaseServers
  databases: TenantDatabases
  provisioner: Provisioner
  keptStores: KeptStores
  mover: Mover
  feed: ChangeFeed
  directories: Directories
  verifiedOrigins: VerifiedOrigins
  ledger: UsageLedger
  /** Undefined without `REDIS_URL`. */
  redis: Redis | undefined
  secretBox: SecretBox
  secrets: TenantSecrets
  passwords: Passwords
  outbox: Outbox
  refreshTokens: RefreshTokens
  egress: Egress
  pinecone: PineconeAdapter
  domainProof: DomainProof
  testModel: ReturnType<typeof createModelTest>
  health: HealthRecorder
  platformModels: PlatformModels
  platformIndex: PlatformIndex
  answering: Answering
  /** What the job queue can be asked to do, by name. */
  jobTasks: Readonly<Record<string, JobTask>>
  openAnswers: OpenAnswers
  limits: Limits
  sharedAnswers: SharedAnswers
  /** Of the embedded database; undefined when the database is elsewhere. */
  diskSpace: DiskSpace | undefined
  /** Closes connections; open answers should be drained before. */
  close(): Promise<void>
}

/** Where the core database is. It must be migrated. */
export interface CoreAddress {
  databaseUrl: string
  directUrl: string
}

const hashesAtOnceMax = 2
const hashesWaitingMax = 64

/** Builds everything over a migrated core database. */
export async function createServices(options: {
  config: Config
  address: CoreAddress
  log: Log
  clock: Clock
  /** Shorter ones for tests. */
  modelDeadlines?: Partial<ModelDeadlines>
  /** Name servers (`address:port`) instead of the system's, for tests. */
  dnsServers?: string[]
}): Promise<Services> {
  const { config, log, clock } = options
  const secretBox = await createSecretBox(config.secretKey, config.secretKeyPrevious)
  const metrics = createMetrics()
  const noteWait = createPoolWaits(metrics)
  const core = await openCoreDatabase({
    ...options.address,
    managedRuntimeUrl: config.databaseRuntimeUrl,
    pooler: config.databasePooler,
    poolMax: config.databasePoolMax,
    secretBox,
    noteWait,
  })
  const redis =
    config.redisUrl === undefined
      ? undefined
      : await createRedis({
          url: config.redisUrl,
          installationId: core.installationId,
          log,
          now: () => clock.now(),
        })
  const feed = await startChangeFeed({ directUrl: core.directUrl, log })
  const verifiedOrigins = await openVerifiedOrigins({ core, feed, log })
  const ledger = createUsageLedger(core.hotWrites)
  const servers = createDatabaseServers({ db: core.db, core, secretBox })
  const answerMetrics = createAnswerMetrics(metrics)
  const health = createHealthRecorder({
    store: (changes) => storeHealth(core.db, changes),
    metrics: answerMetrics,
    clock,
    log,
  })
  const watch: StoreWatch = {
    opened: (tenantId) => health.succeeded(tenantId, 'database'),
    failed: (tenantId, error) => health.failed(tenantId, 'database', error, true),
  }
  const databases = createTenantDatabases({ core, servers, ledger, secretBox, feed, watch, noteWait, log })
  const directories = createDirectories({ core, databases, feed, clock })
  const provisioner = createProvisioner({ core, servers, databases, directories, secretBox, log })
  const keptStores = createKeptStores({ core, servers, databases, clock, log })
  const mover = createMover({ core, servers, databases, directories, provisioner, keptStores, clock, log })
  const secrets = createTenantSecrets(secretBox)
  const egress = createEgress({ allowLoopback: config.allowLoopbackUpstreams, clock })
  const pinecone = createPinecone({ egress, controllerUrl: config.pinecone.controllerUrl, clock })
  const platformModels: PlatformModels = {
    openai: config.openai,
    deepseek: config.deepseek,
    offline: config.offlineModel,
    defaultModel: config.defaultModel,
    forOrganizations: config.platformModelForOrganizations,
  }
  const platformIndex: PlatformIndex = config.pinecone
  const outbox = createOutbox({
    core,
    databases,
    directories,
    secretBox,
    clock,
    log,
    ways: {
      mailer: config.mail && createMailer({ url: config.mail.smtpUrl, from: config.mail.from }),
      isLogged: config.mode === 'development',
      serverUrl: config.publicUrl ?? `http://localhost:${config.port}`,
    },
  })
  const limitEvents = createLimitEvents({
    store: (changes) => storeRefusals(core.db, changes),
    warn: createLimitNotices({ core, outbox, now: () => clock.now() }),
    now: () => clock.now(),
    log,
  })
  const limits = await openLimits({
    core,
    redis,
    defaults: config.defaultLimits,
    watcher: limitEvents,
    findTenant: (id) => directories.tenant(id),
    clock,
    log,
  })
  const tracing = await openTracing(config.otlpEndpoint)
  const { answering, embeddings } = createEngine({
    egress,
    pinecone,
    secrets,
    directories,
    ledger,
    limits,
    health,
    metrics: answerMetrics,
    platform: platformModels,
    platformIndex,
    defaultSystemPrompt: config.defaultSystemPrompt,
    modelCallsMax: config.modelCallsMax,
    modelDeadlines: options.modelDeadlines,
    tracing,
    clock,
    log,
  })
  const knowledge: IngestionParts = {
    core,
    databases,
    directories,
    ledger,
    limits,
    embeddings,
    metrics: answerMetrics,
    platform: platformModels,
    platformIndex,
    secrets,
    pinecone,
    health,
    clock,
    log,
  }
  const openAnswers = createOpenAnswers({ feed, ledger, log })
  const diskSpace = config.databaseUrl ? undefined : watchDiskSpace({ folder: config.dataDir, log })
  const sharedAnswers = createSharedAnswers({ redis, log })
  return {
    config,
    log,
    clock,
    startedAt: clock.now(),
    metrics,
    tracing,
    core,
    servers,
    databases,
    provisioner,
    keptStores,
    mover,
    feed,
    directories,
    verifiedOrigins,
    ledger,
    redis,
    secretBox,
    secrets,
    passwords: await createPasswords({ concurrencyMax: hashesAtOnceMax, waitingMax: hashesWaitingMax }),
    outbox,
    refreshTokens: await createRefreshTokens(config.secretKey, config.secretKeyPrevious),
    egress,
    pinecone,
    domainProof: createDomainProof({ servers: options.dnsServers }),
    testModel: createModelTest({ egress, clock }),
    health,
    platformModels,
    platformIndex,
    answering,
    jobTasks: { [ingestTask]: createIngestion(knowledge), [forgetTask]: createForgetting(knowledge) },
    openAnswers,
    limits,
    sharedAnswers,
    diskSpace,
    async close() {
      openAnswers.stop()
      metrics.stop()
      await tracing?.stop()
      limits.stop()
      diskSpace?.stop()
      await sharedAnswers.stop()
      limitEvents.stop()
      await limitEvents.flush()
      await mover.stop()
      await provisioner.stop()
      verifiedOrigins.stop()
      await outbox.stop()
      health.stop()
      await health.flush()
      await feed.stop()
      redis?.close()
      await databases.close()
      await core.close()
    },
  }
}
