import { chmod, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Environment, EnvironmentReader } from './environment-reader.ts'
import { limitSettings, type TenantLimits } from './limit-settings.ts'
import { isNewPassword, newPasswordLength } from './passwords.ts'

/** How the process runs: `start` defaults to production, `dev` to development. */
export type RunMode = 'production' | 'development'

/** Everything that the environment decides, read once at start. */
export interface Config {
  mode: RunMode
  port: number
  /** The address to bind: all interfaces in production, loopback in development. */
  hostname: string
  dataDir: string
  /** The owner's connection, or undefined for the embedded PostgreSQL. */
  databaseUrl: string | undefined
  databaseRuntimeUrl: string | undefined
  databaseDirectUrl: string | undefined
  /** `transaction`: behind a pooler in transaction mode, so nothing is prepared. */
  databasePooler: 'none' | 'transaction'
  databasePoolMax: number
  secretKey: string
  secretKeyPrevious: string | undefined
  jwtSecretKey: string
  jwtSecretKeyPrevious: string | undefined
  jwtAlgorithm: 'HS256' | 'HS384' | 'HS512'
  accessTokenSeconds: number
  openai: { apiKey: string | undefined; baseUrl: string }
  deepseek: { apiKey: string | undefined; baseUrl: string }
  defaultModel: string | undefined
  defaultSystemPrompt: string | undefined
  offlineModel: boolean
  pinecone: {
    indexName: string | undefined
    apiKey: string | undefined
    shared: boolean
    controllerUrl: string | undefined
  }
  allowLoopbackUpstreams: boolean
  corsOrigins: string[]
  /** Where replicas share limits and streams; without it each goes by itself. */
  redisUrl: string | undefined
  publicUrl: string | undefined
  trustedProxyHops: number
  /** Where mail leaves, and from whom; without it mail is kept for superusers to read. */
  mail: { smtpUrl: string; from: string } | undefined
  /** Whether people may register at the platform by themselves. */
  registration: 'open' | 'closed'
  organizationsPerOwner: number
  /** What one caller may send in a minute beside what calls a model. */
  requestsPerMinuteMax: number
  /** How many model calls run at once; one tenant has at most half of them. */
  modelCallsMax: number
  /** Where a tenant has no limit of its own. */
  defaultLimits: TenantLimits
  /** Whether organizations that owners made by themselves may use the platform's model keys. */
  platformModelForOrganizations: boolean
  superuser: { email: string; password: string } | undefined
  /** The bearer token of /metrics; without it there is no such route. */
  metricsToken: string | undefined
  /** The base address of an OTLP collector; without it nothing is traced. */
  otlpEndpoint: string | undefined
  logLevel: string
  /** Which variables are set, for the System page; never their values. */
  variablesSet: string[]
}

/** The environment is wrong; `problems` names every variable at fault. */
export class ConfigError extends Error {
  constructor(readonly problems: string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
  }
}

const secretBytesMin = 32
/** Every variable that is read. */
export const knownVariables = [
  'PORT',
  'HOST',
  'DATABASE_URL',
  'DATABASE_PUBLIC_URL',
  'DATABASE_RUNTIME_URL',
  'DATABASE_DIRECT_URL',
  'DATABASE_POOLER',
  'DATABASE_POOL_MAX',
  'EMBEDDED_DATABASE',
  'SECRET_KEY',
  'SECRET_KEY_PREVIOUS',
  'JWT_SECRET_KEY',
  'JWT_SECRET_KEY_PREVIOUS',
  'ALGORITHM',
  'ACCESS_TOKEN_EXPIRE_MINUTES',
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'DEEPSEEK_API_KEY',
  'DEEPSEEK_BASE_URL',
  'DEFAULT_MODEL',
  'DEFAULT_SYSTEM_PROMPT',
  'OFFLINE_MODEL',
  'PLATFORM_MODEL_FOR_ORGANIZATIONS',
  'INDEX_NAME',
  'PINECONE_API_KEY',
  'PINECONE_SHARED',
  'PINECONE_CONTROLLER_URL',
  'ALLOW_LOOPBACK_UPSTREAMS',
  'BACKEND_CORS_ORIGINS',
  'REDIS_URL',
  'SMTP_URL',
  'MAIL_FROM',
  'PUBLIC_URL',
  'TRUSTED_PROXY_HOPS',
  'REGISTRATION',
  'ORGANIZATIONS_PER_OWNER',
  'DEFAULT_LIMITS',
  'MODEL_CALLS_MAX',
  'REQUESTS_PER_MINUTE_MAX',
  'SUPERUSER_EMAIL',
  'SUPERUSER_PASSWORD',
  'METRICS_TOKEN',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'LOG_LEVEL',
  'DATA_DIR',
  'NODE_ENV',
]

/**
 * Reads the configuration; all problems are reported at once as a `ConfigError`, before anything is opened. In
 * development missing secrets are made once and kept in `DATA_DIR`; in production they stop the start.
 * Source: contract, “Environment”. An empty variable is unset.
 */
export async function readConfig(environment: Environment): Promise<Config> {
  const read = new EnvironmentReader(environment)
  const mode = read.oneOf('NODE_ENV', ['production', 'development', 'test'], 'production')
  const production = mode === 'production'
  const dataDir = resolve(read.text('DATA_DIR') ?? '.data')
  const databaseUrl = read.databaseUrl('DATABASE_URL')
  if (!read.text('DATABASE_URL') && production && !read.flag('EMBEDDED_DATABASE', false)) {
    read.problems.push(
      'DATABASE_URL is not set. Give a PostgreSQL address, or EMBEDDED_DATABASE=true to use the embedded server.',
    )
  }
  const secrets = await readSecrets(read, { production, dataDir })
  const superuser = readFirstSuperuser(read)
  const config: Config = {
    mode: production ? 'production' : 'development',
    port: read.integer('PORT', 8000, 0, 65_535),
    hostname: read.text('HOST') ?? (production ? '0.0.0.0' : '127.0.0.1'),
    dataDir,
    databaseUrl,
    databaseRuntimeUrl: read.databaseUrl('DATABASE_RUNTIME_URL'),
    databaseDirectUrl: read.databaseUrl('DATABASE_DIRECT_URL'),
    databasePooler: read.oneOf('DATABASE_POOLER', ['none', 'transaction'], 'none'),
    databasePoolMax: read.integer('DATABASE_POOL_MAX', 10, 2, 500),
    ...secrets,
    jwtAlgorithm: read.oneOf('ALGORITHM', ['HS256', 'HS384', 'HS512'], 'HS256'),
    accessTokenSeconds: 60 * read.integer('ACCESS_TOKEN_EXPIRE_MINUTES', 15, 1, 1440),
    openai: {
      apiKey: read.text('OPENAI_API_KEY'),
      baseUrl: read.url('OPENAI_BASE_URL') ?? 'https://api.openai.com/v1',
    },
    deepseek: {
      apiKey: read.text('DEEPSEEK_API_KEY'),
      baseUrl: read.url('DEEPSEEK_BASE_URL') ?? 'https://api.deepseek.com/v1',
    },
    defaultModel: read.text('DEFAULT_MODEL'),
    defaultSystemPrompt: read.text('DEFAULT_SYSTEM_PROMPT'),
    offlineModel: read.flag('OFFLINE_MODEL', !production),
    pinecone: {
      indexName: read.text('INDEX_NAME'),
      apiKey: read.text('PINECONE_API_KEY'),
      shared: read.flag('PINECONE_SHARED', false),
      controllerUrl: read.url('PINECONE_CONTROLLER_URL'),
    },
    allowLoopbackUpstreams: read.flag('ALLOW_LOOPBACK_UPSTREAMS', false),
    corsOrigins: read.origins('BACKEND_CORS_ORIGINS'),
    redisUrl: read.redisUrl('REDIS_URL'),
    publicUrl: read.url('PUBLIC_URL'),
    trustedProxyHops: read.integer('TRUSTED_PROXY_HOPS', 0, 0, 10),
    mail: readMail(read, production),
    registration: read.oneOf('REGISTRATION', ['open', 'closed'], 'open'),
    organizationsPerOwner: read.integer('ORGANIZATIONS_PER_OWNER', 20, 0, 10_000),
    requestsPerMinuteMax: read.integer('REQUESTS_PER_MINUTE_MAX', 600, 60, 1_000_000_000),
    modelCallsMax: read.integer('MODEL_CALLS_MAX', 3_000, 2, 100_000),
    defaultLimits: read.json('DEFAULT_LIMITS', limitSettings) ?? {},
    platformModelForOrganizations: read.flag('PLATFORM_MODEL_FOR_ORGANIZATIONS', !production),
    superuser,
    metricsToken: readMetricsToken(read),
    otlpEndpoint: read.url('OTEL_EXPORTER_OTLP_ENDPOINT'),
    logLevel: read.oneOf('LOG_LEVEL', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
    variablesSet: knownVariables.filter((name) => read.text(name) !== undefined),
  }
  if (read.problems.length > 0) throw new ConfigError(read.problems)
  return config
}

interface Secrets {
  secretKey: string
  secretKeyPrevious: string | undefined
  jwtSecretKey: string
  jwtSecretKeyPrevious: string | undefined
}

async function readSecrets(
  read: EnvironmentReader,
  options: { production: boolean; dataDir: string },
): Promise<Secrets> {
  const names = ['SECRET_KEY', 'JWT_SECRET_KEY'] as const
  const given = names.map((name) => read.text(name))
  for (const name of [...names, 'SECRET_KEY_PREVIOUS', 'JWT_SECRET_KEY_PREVIOUS']) {
    const value = read.text(name)
    if (value !== undefined && Buffer.byteLength(value) < secretBytesMin) {
      read.problems.push(
        `${name} is too short: at least ${secretBytesMin} bytes. Make one with: openssl rand -base64 48`,
      )
    }
  }
  if (options.production) {
    for (const [index, name] of names.entries()) {
      if (!given[index]) read.problems.push(`${name} is not set. Make one with: openssl rand -base64 48`)
    }
  }
  // Nothing is written while the configuration is known to be wrong.
  const kept =
    options.production || (given[0] && given[1]) || read.problems.length > 0 ? {} : await keepSecrets(options.dataDir)
  return {
    secretKey: given[0] ?? kept.SECRET_KEY ?? '',
    secretKeyPrevious: read.text('SECRET_KEY_PREVIOUS'),
    jwtSecretKey: given[1] ?? kept.JWT_SECRET_KEY ?? '',
    jwtSecretKeyPrevious: read.text('JWT_SECRET_KEY_PREVIOUS'),
  }
}

/** The secrets of a development machine, made at the first start and kept from then on. */
async function keepSecrets(dataDir: string): Promise<Record<string, string>> {
  const path = join(dataDir, 'secrets.json')
  const file = Bun.file(path)
  if (await file.exists()) {
    const kept: unknown = await file.json()
    if (typeof kept === 'object' && kept !== null) {
      return Object.fromEntries(
        Object.entries(kept).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      )
    }
  }
  await mkdir(dataDir, { recursive: true })
  const random = () => Buffer.from(crypto.getRandomValues(new Uint8Array(48))).toString('base64url')
  const made = { SECRET_KEY: random(), JWT_SECRET_KEY: random() }
  await Bun.write(path, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 })
  await chmod(path, 0o600)
  return made
}

function readFirstSuperuser(read: EnvironmentReader): { email: string; password: string } | undefined {
  const email = read.text('SUPERUSER_EMAIL')
  const password = read.text('SUPERUSER_PASSWORD')
  if (!email && !password) return undefined
  if (!email || !/^[^\s@]+@[^\s@]+$/.test(email)) {
    read.problems.push('SUPERUSER_EMAIL must be an e-mail address, set together with SUPERUSER_PASSWORD.')
  }
  if (!isNewPassword(password)) {
    read.problems.push(`SUPERUSER_PASSWORD must have ${newPasswordLength.words}, set together with SUPERUSER_EMAIL.`)
  }
  return email && password ? { email: email.toLowerCase(), password } : undefined
}

function readMetricsToken(read: EnvironmentReader): string | undefined {
  const token = read.text('METRICS_TOKEN')
  if (token !== undefined && !/^[\w.~+/=-]{16,}$/.test(token)) {
    read.problems.push('METRICS_TOKEN must be 16 or more letters, digits or . _ ~ + / = -, as a header can carry them.')
  }
  return token
}

function readMail(read: EnvironmentReader, production: boolean): Config['mail'] {
  const smtpUrl = read.smtpUrl('SMTP_URL')
  const from = read.text('MAIL_FROM')
  if (from !== undefined && !/^([^<>"\r\n]*<[^\s@<>]+@[^\s@<>]+>|[^\s@<>]+@[^\s@<>]+)$/.test(from)) {
    read.problems.push('MAIL_FROM must be an address such as mail@example.com or "Example <mail@example.com>".')
  }
  if (!smtpUrl) return undefined
  if (!from) read.problems.push('MAIL_FROM is not set, and mail by SMTP_URL needs a sender.')
  // The Host header of whoever asks for a mail must not decide where the link in it leads.
  if (production && !read.text('PUBLIC_URL')) {
    read.problems.push('PUBLIC_URL is not set, and mail by SMTP_URL carries links to this server.')
  }
  return { smtpUrl, from: from ?? '' }
}
