import { AsyncLocalStorage } from 'node:async_hooks'
import pino from 'pino'

/** The subset of pino's logger that the code uses: an object first, then a sentence. */
export type Log = pino.Logger

/** Fields that every line written during one request carries. */
export interface LogContext {
  request_id?: string
  tenant_id?: string
  user_id?: string
  stream_id?: string
}

const context = new AsyncLocalStorage<LogContext>()

/** Starts a log context for the rest of this asynchronous call chain, SSE generators included. */
export function enterLogContext(fields: LogContext): void {
  context.enterWith(fields)
}

/** Adds fields to the current log context; without one it does nothing. */
export function addToLogContext(fields: LogContext): void {
  const current = context.getStore()
  if (current) Object.assign(current, fields)
}

const secretFields = [
  'password',
  'current_password',
  'token',
  'access_token',
  'refresh_token',
  'authorization',
  'cookie',
  'api_key',
  'apiKey',
  'model_api_key',
  'pinecone_api_key',
  'secret',
  'password_hash',
  'message',
  'system_prompt',
]

/**
 * Makes the JSON-lines logger. Secret-bearing field names are redacted at any of the first three depths, and a
 * connection string's password is cut from error texts, whatever object they are in.
 */
export function createLog(options: { level: string; destination?: pino.DestinationStream }): Log {
  const paths = secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`])
  return pino(
    {
      level: options.level,
      base: undefined,
      messageKey: 'msg',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths, censor: '[redacted]' },
      serializers: { err: describeError },
      mixin: () => context.getStore() ?? {},
      mixinMergeStrategy: (merged, mixed) => ({ ...mixed, ...merged }),
    },
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  )
}

/** An error as a loggable object: names, codes and stacks of it and its causes, with URL credentials cut out. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? cutCredentials(error) : { type: typeof error }
  const described: Record<string, unknown> = { type: error.name, message_text: cutCredentials(error.message) }
  if ('code' in error) described.code = error.code
  if (error.stack) described.stack = cutCredentials(error.stack)
  if (error.cause !== undefined && depth < 4) described.cause = describeError(error.cause, depth + 1)
  return described
}

function cutCredentials(text: string): string {
  return text.replaceAll(/(\w+:\/\/)[^\s/@]*@/g, '$1[redacted]@')
}
