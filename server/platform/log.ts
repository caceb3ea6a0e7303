import { AsyncLocalStorage } from 'node:async_hooks'
import pino from 'pino'

/** The subset of pino's logger that the code uses: an object first, then a sentence. A child's fields would stay unredacted. */
export type Log = Pick<pino.Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'>

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

/**
 * Whose work this call chain does, for whoever gives out turns: its request's tenant, else its user, else nobody's (''),
 * as the server's own.
 */
export function currentParty(): string {
  const current = context.getStore()
  return current?.tenant_id ?? current?.user_id ?? ''
}

/**
 * Fields of a line that is written as it is, without the fields of its request: they must hold nothing to redact. It
 * costs a quarter of pino's own way, which counts where there is a line for each request.
 */
export class PlainFields {
  constructor(readonly fields: Readonly<Record<string, string | number | undefined>>) {}
}

const secretFields = new Set([
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
])
const redactedDepthMax = 3

/**
 * Makes the JSON-lines logger. Secret-bearing field names are redacted at any of the first three depths, and a
 * connection string's password is cut from error texts, whatever object they are in.
 * @param options.destination instead of stdout
 */
export function createLog(options: { level: string; destination?: pino.DestinationStream }): Log {
  const destination = options.destination ?? openStdout()
  return pino(
    {
      level: options.level,
      base: null,
      messageKey: 'msg',
      timestamp: () => `,"time":"${readIsoTime()}"`,
      // Not pino's own `redact`, whose wildcard paths cost 47 µs a line; this costs less than one.
      formatters: { level: (label) => ({ level: label }), log: redact },
      serializers: { err: describeError },
      mixin: () => context.getStore() ?? {},
      mixinMergeStrategy: (merged, mixed) => ({ ...mixed, ...merged }),
      hooks: {
        logMethod(args, write, level) {
          const [first, msg] = args as unknown[]
          if (!(first instanceof PlainFields)) return Reflect.apply(write, this, args)
          const line = { level: this.levels.labels[level], time: readIsoTime(), ...first.fields, msg }
          destination.write(`${JSON.stringify(line)}\n`)
        },
      },
    },
    destination,
  )
}

let isoTime = ''
let isoTimeMs = 0

/** The time of a line; most lines of a busy server are of the same millisecond as the one before. */
function readIsoTime(): string {
  const nowMs = Date.now()
  if (nowMs !== isoTimeMs) isoTime = new Date(nowMs).toISOString()
  isoTimeMs = nowMs
  return isoTime
}

/**
 * Standard output. Lines of one turn of the event loop leave by one system call at its end, at `fatal` and at exit at
 * once, so only a kill -9 in the midst of a turn can lose any.
 */
function openStdout(): pino.DestinationStream & { flushSync(): void } {
  const stdout = pino.destination({ fd: 1, sync: true })
  let waiting = ''
  const flush = (): void => {
    const lines = waiting
    waiting = ''
    if (lines !== '') stdout.write(lines)
  }
  process.on('exit', flush)
  return {
    write(line) {
      if (waiting === '') setImmediate(flush)
      waiting += line
    },
    flushSync: flush,
  }
}

type Fields = Record<string, unknown>

/** The fields without secrets: the very object when there are none, else a copy. */
function redact(fields: Fields): Fields {
  return redactFields(fields, 1)
}

function redactFields(fields: Fields, depth: number): Fields {
  let copy: Fields | undefined
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    const shown = secretFields.has(key) ? '[redacted]' : redactValue(value, { key, depth })
    if (shown === value) continue
    copy ??= { ...fields }
    copy[key] = shown
  }
  return copy ?? fields
}

function redactValue(value: unknown, at: { key: string; depth: number }): unknown {
  // What is shown of an error, `describeError` picks.
  if (at.key === 'err' || at.depth === redactedDepthMax || !isFields(value)) return value
  if (!Array.isArray(value)) return redactFields(value, at.depth + 1)
  return value.map((item: unknown, index) => redactValue(item, { key: String(index), depth: at.depth + 1 }))
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

/** An error as a loggable object: names, codes and stacks of it and its causes, with URL credentials cut out. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? cutCredentials(error) : { type: typeof error }
  const described: Record<string, unknown> = { type: error.name, message_text: cutValues(error.message) }
  if ('code' in error) described.code = error.code
  // Only where it happened: a stack begins with the message, whose values were cut.
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line) || /@.*:\d+:\d+$/.test(line))
  if (frames?.length) described.stack = cutCredentials(frames.join('\n'))
  if (error.cause !== undefined && depth < 4) described.cause = describeError(error.cause, depth + 1)
  return described
}

/**
 * A message without the values in it: drizzle appends a failed query's parameters, and PostgreSQL quotes what it could
 * not read. Both may be anything that a user wrote.
 */
function cutValues(message: string): string {
  const [query = ''] = message.split(/\nparams:/, 1)
  return cutCredentials(query.replaceAll(/"[^"]*"/g, '"…"'))
}

function cutCredentials(text: string): string {
  return text.replaceAll(/(\w+:\/\/)[^\s/@]*@/g, '$1[redacted]@')
}
