import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  customType,
  foreignKey,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { TenantId, UserId } from '../platform/ids.ts'
import type { SearchLanguage } from '../platform/search-language.ts'

/**
 * The tenant store: the same tables in schema `tenant` of the core database (pooled tenants) and of each dedicated
 * database. Every primary key is `(tenant_id, id)`, every foreign key `(tenant_id, parent_id)`, every unique index
 * starts with `tenant_id`; row-level security is written by hand into the migrations (tenant-store.md).
 */
export const tenantSchema = pgSchema('tenant')

const tenantId = () => text('tenant_id').$type<TenantId>().notNull()
const createdAt = () => timestamp('created_at', { withTimezone: true }).notNull().defaultNow()
const language = () => text('language').$type<SearchLanguage>().notNull().default('simple')
const updatedAt = () => timestamp('updated_at', { withTimezone: true }).notNull().defaultNow()

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' })
const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' })

/** A retrieved passage as it was shown with an answer (contract: Source). */
export interface StoredSource {
  n: number
  document_id: string | null
  chunk_id: string
  title: string | null
  url: string | null
  excerpt: string
  start: number | null
  end: number | null
  score: number
}

/** What an answer used, as sent with it. */
export interface StoredUsage {
  model: string
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  cost_micro_usd: number | null
  usage_source: 'provider' | 'estimated'
}

/** Why a document is not ready, and what to do about it; as it is sent. */
export interface DocumentError {
  code: string
  detail: string
  remedy: string
  /** When it is tried again by itself; null when it waits for somebody. */
  retry_at: string | null
}

/** Where a document's vectors are, of which version and how many: who removes them finds them by it. */
export interface DocumentVectors {
  index: string
  namespace: string | null
  model: string
  version: number
  chunks: number
}

/** End users of a tenant. A linked row stands for a platform user: same id, `core_user_id` set, no password hash. */
export const tenantUsers = tenantSchema.table(
  'tenant_users',
  {
    tenantId: tenantId(),
    id: uuid('id').$type<UserId>().notNull(),
    email: text('email').notNull(),
    fullName: text('full_name'),
    passwordHash: text('password_hash'),
    /** Counts passwords changed by SQL: sessions of an earlier one have ended (guarantee A10). */
    passwordEpoch: integer('password_epoch').notNull().default(0),
    coreUserId: uuid('core_user_id').$type<UserId>(),
    isActive: boolean('is_active').notNull().default(true),
    isVerified: boolean('is_verified').notNull().default(false),
    /** It stands for an API key of the same id, whose conversations it has; nobody signs in as it. */
    isService: boolean('is_service').notNull().default(false),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('tenant_users_email_key').on(table.tenantId, sql`lower(${table.email})`),
    check(
      'tenant_users_linked',
      sql`${table.coreUserId} is null or (${table.coreUserId} = ${table.id} and ${table.passwordHash} is null)`,
    ),
    check(
      'tenant_users_service',
      sql`not ${table.isService} or (${table.coreUserId} is null and ${table.passwordHash} is null)`,
    ),
  ],
)

/** A conversation of one tenant user. */
export const chatSessions = tenantSchema.table(
  'chat_sessions',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    userId: uuid('user_id').$type<UserId>().notNull(),
    title: text('title').notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({
      columns: [table.tenantId, table.userId],
      foreignColumns: [tenantUsers.tenantId, tenantUsers.id],
    }).onDelete('cascade'),
    index('chat_sessions_recent').on(table.tenantId, table.userId, table.updatedAt, table.id),
  ],
)

/** One message of a conversation; assistant rows carry how the answer ended and what it used. */
export const chatMessages = tenantSchema.table(
  'chat_messages',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    sessionId: uuid('session_id').notNull(),
    role: text('role', { enum: ['user', 'assistant'] }).notNull(),
    content: text('content').notNull(),
    status: text('status', { enum: ['completed', 'aborted', 'failed'] })
      .notNull()
      .default('completed'),
    sources: jsonb('sources').$type<StoredSource[]>(),
    cited: integer('cited').array(),
    usage: jsonb('usage').$type<StoredUsage>(),
    createdAt: timestamp('created_at', { withTimezone: true })
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({
      columns: [table.tenantId, table.sessionId],
      foreignColumns: [chatSessions.tenantId, chatSessions.id],
    }).onDelete('cascade'),
    index('chat_messages_in_order').on(table.tenantId, table.sessionId, table.createdAt, table.id),
  ],
)

/** A document of a tenant's knowledge. */
export const documents = tenantSchema.table(
  'documents',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    title: text('title').notNull(),
    url: text('url'),
    kind: text('kind', { enum: ['text', 'markdown', 'html', 'pdf', 'docx'] })
      .notNull()
      .default('text'),
    source: text('source', { enum: ['upload', 'text', 'url'] })
      .notNull()
      .default('text'),
    fileName: text('file_name'),
    bytes: integer('bytes').notNull().default(0),
    /** Of the file, in hexadecimal: the same file is not taken twice. */
    sha256: text('sha256'),
    status: text('status', { enum: ['queued', 'processing', 'ready', 'failed'] })
      .notNull()
      .default('ready'),
    /** What is being done while it is processing. */
    stage: text('stage', { enum: ['reading', 'indexing', 'embedding', 'waiting'] }),
    /** Counts the files it has had, and each time it was begun anew. */
    version: integer('version').notNull().default(1),
    /** The version that the stored text and all chunks are of; 0 before there are any. */
    indexedVersion: integer('indexed_version').notNull().default(0),
    chunkCount: integer('chunk_count').notNull().default(0),
    embeddedCount: integer('embedded_count').notNull().default(0),
    /** UTF-16 code units of the stored text. */
    textLength: integer('text_length').notNull().default(0),
    /** Failures in a row of services that this one needs. */
    failures: integer('failures').notNull().default(0),
    error: jsonb('error').$type<DocumentError>(),
    vectors: jsonb('vectors').$type<DocumentVectors>(),
    /** How its words are brought to their stems. */
    language: language(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('documents_once').on(table.tenantId, table.sha256),
    index('documents_recent').on(table.tenantId, table.createdAt, table.id),
    index('documents_languages').on(table.tenantId, table.language),
  ],
)

/** A document's file as it came, and the text that was read in it (UTF-8), both in parts. */
export const documentFiles = tenantSchema.table(
  'document_files',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    documentId: uuid('document_id').notNull(),
    role: text('role', { enum: ['original', 'text'] }).notNull(),
    position: integer('position').notNull(),
    content: bytea('content').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({
      columns: [table.tenantId, table.documentId],
      foreignColumns: [documents.tenantId, documents.id],
    }).onDelete('cascade'),
    uniqueIndex('document_files_in_order').on(table.tenantId, table.documentId, table.role, table.position),
  ],
)

/**
 * A passage of a document, with its place in the stored text and its full-text vector. Offsets count UTF-16 units, as
 * JavaScript does, so `text` is exactly `stored.slice(start, end)`. Title and language are the document's, by triggers.
 */
export const chunks = tenantSchema.table(
  'chunks',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    documentId: uuid('document_id').notNull(),
    position: integer('position').notNull(),
    title: text('title').notNull().default(''),
    language: language(),
    /** The headings above it, outermost first, as in “Leave › Parental leave”. */
    heading: text('heading'),
    text: text('text').notNull(),
    start: integer('start_offset').notNull(),
    end: integer('end_offset').notNull(),
    /** Whether its vector is in the tenant's index. */
    isEmbedded: boolean('is_embedded').notNull().default(false),
    searchVector: tsvector('search_vector')
      .notNull()
      .generatedAlwaysAs(sql`tenant.make_search_vector(language, title, heading, text)`),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({
      columns: [table.tenantId, table.documentId],
      foreignColumns: [documents.tenantId, documents.id],
    }).onDelete('cascade'),
    uniqueIndex('chunks_in_order').on(table.tenantId, table.documentId, table.position),
    index('chunks_words')
      .using('gin', sql`tenant.make_search_keys(tenant_id, language, id, search_vector)`)
      .with({ gin_pending_list_limit: 256 }),
  ],
)

/**
 * A tenant with a row here takes no writes in this store: it is being moved away, or was. Whoever writes finds it
 * whatever it believed about the tenant's place.
 */
export const fences = tenantSchema.table(
  'fences',
  { tenantId: tenantId(), moveId: uuid('move_id').notNull(), createdAt: createdAt() },
  (table) => [primaryKey({ columns: [table.tenantId] })],
)
