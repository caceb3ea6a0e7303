import { sql } from 'drizzle-orm'
import {
  type AnyPgColumn,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { DatabaseServerId, TenantId, UserId } from '../platform/ids.ts'
import { databaseServers } from './core-servers.schema.ts'
import type { TenantLimits } from '../platform/limit-settings.ts'

/** The core database, schema `public`: the platform's own records. No chat text, document or end user's address. */

const createdAt = () => timestamp('created_at', { withTimezone: true }).notNull().defaultNow()
const updatedAt = () => timestamp('updated_at', { withTimezone: true }).notNull().defaultNow()

/** How much each ranking counts when hybrid retrieval fuses them. */
export interface RetrievalWeights {
  keyword: number
  semantic: number
}

/** One row: who this installation is, and its runtime role. */
export const installation = pgTable('installation', {
  singleton: boolean('singleton').primaryKey().default(true),
  id: uuid('id').notNull(),
  runtimeRole: text('runtime_role'),
  runtimePassword: text('runtime_password'),
  setupTokenHash: text('setup_token_hash'),
  setupTokenExpiresAt: timestamp('setup_token_expires_at', { withTimezone: true }),
  createdAt: createdAt(),
})

/** Platform users: superusers, owners, and people assigned to a tenant. Addresses are stored in lower case. */
export const users = pgTable(
  'users',
  {
    id: uuid('id').$type<UserId>().primaryKey(),
    email: text('email').notNull(),
    fullName: text('full_name'),
    passwordHash: text('password_hash').notNull(),
    tenantId: text('tenant_id')
      .$type<TenantId>()
      .references((): AnyPgColumn => tenants.id, { onDelete: 'set null' }),
    isActive: boolean('is_active').notNull().default(true),
    isVerified: boolean('is_verified').notNull().default(false),
    isOwner: boolean('is_owner').notNull().default(false),
    isSuperuser: boolean('is_superuser').notNull().default(false),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex('users_email_key').on(sql`lower(${table.email})`),
    index('users_tenant').on(table.tenantId),
    index('users_created').on(table.createdAt, table.id),
  ],
)

/** A customer: its settings, secrets (sealed) and place. */
export const tenants = pgTable(
  'tenants',
  {
    id: text('id').$type<TenantId>().primaryKey(),
    number: integer('number').notNull().generatedAlwaysAsIdentity(),
    name: text('name').notNull(),
    ownerId: uuid('owner_id')
      .$type<UserId>()
      .references((): AnyPgColumn => users.id, { onDelete: 'set null' }),
    isActive: boolean('is_active').notNull().default(true),
    deactivatedBy: text('deactivated_by', { enum: ['superuser', 'owner'] }),
    isolation: text('isolation', { enum: ['pooled', 'dedicated'] })
      .notNull()
      .default('pooled'),
    state: text('state', { enum: ['provisioning', 'active', 'failed', 'moving', 'deleting'] })
      .notNull()
      .default('active'),
    databaseServerId: uuid('database_server_id')
      .$type<DatabaseServerId>()
      .references((): AnyPgColumn => databaseServers.id),
    // The four below belong to a dedicated store; made by the server, never typed (tenant-store.md).
    databaseName: text('database_name'),
    databaseRole: text('database_role'),
    databasePassword: text('database_password'),
    /** How many of the store's migrations it has; older than the server knows, it is not served. */
    storeVersion: integer('store_version'),
    /** Why `state` is failed. */
    failure: text('failure'),
    /** Writes wait from then on: the tenant is about to be switched to another store. */
    fencedAt: timestamp('fenced_at', { withTimezone: true }),
    /** Made by its owner, not onboarded by a superuser: then the platform's model key may not be for it. */
    isSelfMade: boolean('is_self_made').notNull().default(false),
    registration: text('registration', { enum: ['open', 'invited'] })
      .notNull()
      .default('open'),
    systemPrompt: text('system_prompt'),
    retrieval: text('retrieval', { enum: ['off', 'keyword', 'semantic', 'hybrid'] }),
    retrievalTopK: integer('retrieval_top_k').notNull().default(5),
    retrievalScoreMin: real('retrieval_score_min'),
    retrievalWeights: jsonb('retrieval_weights').$type<RetrievalWeights>(),
    retrievalFilter: jsonb('retrieval_filter').$type<Record<string, unknown>>(),
    pineconeEnvironment: text('pinecone_environment'),
    pineconeIndex: text('pinecone_index'),
    pineconeNamespace: text('pinecone_namespace'),
    pineconeTextField: text('pinecone_text_field').notNull().default('text'),
    pineconeApiKey: text('pinecone_api_key'),
    pineconeApiKeyLast4: text('pinecone_api_key_last4'),
    pineconeApiKeyUpdatedAt: timestamp('pinecone_api_key_updated_at', { withTimezone: true }),
    embeddingModel: text('embedding_model').notNull().default('text-embedding-3-small'),
    modelProvider: text('model_provider', { enum: ['openai', 'deepseek', 'openai-compatible', 'offline'] }),
    model: text('model'),
    modelBaseUrl: text('model_base_url'),
    modelApiKey: text('model_api_key'),
    modelApiKeyLast4: text('model_api_key_last4'),
    modelApiKeyUpdatedAt: timestamp('model_api_key_updated_at', { withTimezone: true }),
    // The place the key was entered for: it is never sent to another (guarantee C2).
    modelApiKeyOrigin: text('model_api_key_origin'),
    maxOutputTokens: integer('max_output_tokens').notNull().default(4096),
    limits: jsonb('limits').$type<TenantLimits>().notNull().default({}),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex('tenants_number_key').on(table.number),
    index('tenants_created').on(table.createdAt, table.id),
    index('tenants_owner').on(table.ownerId),
    index('tenants_server').on(table.databaseServerId),
    check('tenants_id_shape', sql`${table.id} ~ '^[a-z0-9][a-z0-9_-]{0,62}$'`),
  ],
)

/** Every system prompt a tenant ever had; the newest version is the live one. */
export const tenantPromptVersions = pgTable(
  'tenant_prompt_versions',
  {
    tenantId: text('tenant_id')
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    version: integer('version').notNull(),
    systemPrompt: text('system_prompt'),
    authorId: uuid('author_id').$type<UserId>(),
    authorEmail: text('author_email'),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.version] })],
)

/** Who did what to what; the runtime role may insert and read, never change or delete. */
export const auditLog = pgTable(
  'audit_log',
  {
    id: uuid('id').primaryKey(),
    at: timestamp('at', { withTimezone: true })
      .notNull()
      .default(sql`clock_timestamp()`),
    actorId: uuid('actor_id').$type<UserId>(),
    actorEmail: text('actor_email'),
    tenantId: text('tenant_id'),
    action: text('action').notNull(),
    targetType: text('target_type').notNull(),
    targetId: text('target_id'),
    outcome: text('outcome', { enum: ['done', 'denied', 'failed'] }).notNull(),
    before: jsonb('before').$type<Record<string, unknown>>(),
    after: jsonb('after').$type<Record<string, unknown>>(),
    requestId: text('request_id'),
    address: text('address'),
  },
  (table) => [
    index('audit_log_at').on(table.at, table.id),
    index('audit_log_tenant').on(table.tenantId, table.at),
    index('audit_log_actor').on(table.actorId, table.at),
  ],
)

/** How each tenant's connections do, from real calls and tests; a row appears with the first of them. */
export const connectionHealth = pgTable(
  'connection_health',
  {
    tenantId: text('tenant_id')
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    connection: text('connection', { enum: ['model', 'pinecone', 'database'] }).notNull(),
    lastSuccessAt: timestamp('last_success_at', { withTimezone: true }),
    failingSince: timestamp('failing_since', { withTimezone: true }),
    code: text('code'),
    detail: text('detail'),
    /** Answers that failed or fell back since `failing_since`. */
    affected: integer('affected').notNull().default(0),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.connection] }),
    index('connection_health_failing')
      .on(table.failingSince)
      .where(sql`failing_since is not null`),
  ],
)

/** The first answers to requests that came with an Idempotency-Key, kept 24 hours per caller. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    caller: text('caller').notNull(),
    key: text('key').notNull(),
    requestHash: text('request_hash').notNull(),
    status: integer('status').notNull(),
    body: jsonb('body').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.caller, table.key] }),
    index('idempotency_keys_created').on(table.createdAt),
  ],
)
