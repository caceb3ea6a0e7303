import type { AnswerEvent, AnswerStream } from '../../answering/answer-stream.ts'
import type { Answering } from '../../answering/answering.ts'
import type { TurnRecord } from '../../answering/open-turn.ts'
import type { OpenAnswers } from '../../answering/open-answers.ts'
import { historyMessagesMax } from '../../answering/prompt.ts'
import { undoTurn } from '../../data/conversations.data.ts'
import type { HistoryMessage, ReservedCall } from '../../data/tenant-scope.ts'
import type { UsageLedger } from '../../data/usage.data.ts'
import type { ModelSampling } from '../../external/language-model.ts'
import type { Principal } from '../../http/identity.ts'
import { toAppError } from '../../http/problem-details.ts'
import type { TenantEntry } from '../../http/tenant-gate.ts'
import { clientLeft } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { sessionNotFound } from './chat.errors.ts'

/** What chatting stands on. */
export interface ChatParts {
  answering: Answering
  openAnswers: OpenAnswers
  ledger: UsageLedger
}

/** Who asks, and how it is checked that the asker still may while the answer runs. */
export interface Asker {
  principal: Principal
  entry: TenantEntry
  requestId: string
  signal: AbortSignal
  recheck: () => Promise<void>
}

/** A message of a conversation. */
export interface ChatRequest {
  message: string
  sessionId?: string | null
  retrievalOff: boolean
}

/**
 * Starts an answer in one of the asker's own conversations, or in a new one. Everything that can be refused is refused
 * here: 404 `session.not_found`, 429, 502, 503, 504 of the engine.
 */
export async function startChat(parts: ChatParts, asker: Asker, request: ChatRequest): Promise<AnswerStream> {
  parts.openAnswers.ensureOpen()
  const { tenant, scope, userId } = asker.entry
  const known = request.sessionId ?? undefined
  const record = recordTurn(parts.ledger, asker, { sessionId: known, message: request.message })
  const stream = await parts.answering.answer(
    {
      tenant,
      scope,
      userId,
      message: request.message,
      async readHistory() {
        if (!known) return []
        const history = await scope.findHistory({ userId, sessionId: known, messagesMax: historyMessagesMax })
        if (!history) throw notFound()
        return history
      },
      retrievalOff: request.retrievalOff,
      source: sourceOf(asker),
      purpose: 'chat',
      requestId: asker.requestId,
      signal: asker.signal,
    },
    record,
  )
  return track(parts, asker, stream)
}

/** Starts an answer that nobody keeps: only the ledger hears of it, with purpose test. */
export async function startPreview(
  parts: ChatParts,
  asker: Asker,
  request: { message: string; systemPrompt?: string | null; history: HistoryMessage[]; retrievalOff: boolean },
): Promise<AnswerStream> {
  parts.openAnswers.ensureOpen()
  const { tenant, scope, userId } = asker.entry
  const stream = await parts.answering.answer(
    {
      tenant,
      scope,
      userId,
      message: request.message,
      readHistory: () => Promise.resolve(request.history),
      retrievalOff: request.retrievalOff,
      systemPrompt: request.systemPrompt,
      source: 'console',
      purpose: 'test',
      requestId: asker.requestId,
      signal: asker.signal,
    },
    recordNothing(parts.ledger),
  )
  return track(parts, asker, stream)
}

/** A question that comes with all it builds on, as OpenAI's clients send it. */
export interface CompletionRequest {
  message: string
  history: HistoryMessage[]
  instructions: string | undefined
  maxOutputTokens: number | undefined
  sampling: ModelSampling
  retrievalOff: boolean
}

/** Starts an answer of the tenant's bot that is kept nowhere but counted like every other. */
export async function startCompletion(
  parts: ChatParts,
  asker: Asker,
  request: CompletionRequest,
): Promise<AnswerStream> {
  parts.openAnswers.ensureOpen()
  const { tenant, scope, userId } = asker.entry
  const { history, ...asked } = request
  const stream = await parts.answering.answer(
    {
      tenant,
      scope,
      userId,
      ...asked,
      readHistory: () => Promise.resolve(history),
      source: sourceOf(asker),
      purpose: 'chat',
      requestId: asker.requestId,
      signal: asker.signal,
    },
    recordNothing(parts.ledger),
  )
  return track(parts, asker, stream)
}

function sourceOf(asker: Asker): 'api' | 'api_key' {
  return asker.principal.scope === 'api_key' ? 'api_key' : 'api'
}

/** Reads an answer to its end; an `error` event is thrown, and 499 `request.aborted` once the reader left. */
export async function collectAnswer(stream: AnswerStream) {
  let text = ''
  const found: { [E in AnswerEvent as E['event']]?: E['data'] } = {}
  for (let events = await stream.next(); events; events = await stream.next()) {
    for (const event of events) {
      if (event.event === 'error') throw event.data
      if (event.event === 'delta') text += event.data.text
      else Object.assign(found, { [event.event]: event.data })
    }
  }
  // Half an answer must not look like a whole one, whoever may still be reading.
  if (!found.done) throw clientLeft()
  return { text, ...found }
}

/**
 * Watches over an answer from now on. Access may have ended while retrieval and the upstream took their time, when
 * nobody watched: it is checked once more, and a refusal is thrown before the response begins, the turn kept as aborted.
 */
async function track(parts: ChatParts, asker: Asker, stream: AnswerStream): Promise<AnswerStream> {
  parts.openAnswers.add({
    stream,
    tenantId: asker.entry.tenant.id,
    userId: asker.principal.userId,
    signedInBy: signedInBy(asker.principal),
    isHeardOf: asker.entry.tenant.isolation === 'pooled',
    recheck: asker.recheck,
  })
  try {
    await asker.recheck()
  } catch (error) {
    stream.cut(toAppError(error))
    await stream.settled
    throw error
  }
  return stream
}

/** What a principal's access stands on: its sign-in session, or its API key. */
export function signedInBy(principal: Principal): string {
  return principal.scope === 'api_key' ? principal.userId : principal.sessionId
}

/** The turn in the tenant's store: the question beside the upstream call, the answer at its end. */
function recordTurn(
  ledger: UsageLedger,
  asker: Asker,
  turn: { sessionId: string | undefined; message: string },
): TurnRecord {
  const { tenant, scope, userId } = asker.entry
  const sessionId = turn.sessionId ?? newId()
  const questionId = newId()
  const messageId = newId()
  const isNew = turn.sessionId === undefined
  return {
    sessionId,
    messageId,
    async begin(call: ReservedCall) {
      const stored = await scope.beginTurn({
        turn: {
          tenant_id: tenant.id,
          user_id: userId,
          session_id: sessionId,
          new_session: isNew,
          title: makeTitle(turn.message),
          message_id: questionId,
          content: turn.message,
        },
        call,
      })
      // It was deleted since its history was read.
      if (!stored) throw notFound()
    },
    async finish(outcome, retrieved) {
      await scope.finishTurn({
        turn: {
          tenant_id: tenant.id,
          session_id: sessionId,
          message_id: messageId,
          content: outcome.content,
          status: outcome.call.status,
          sources: retrieved?.sources ?? null,
          cited: outcome.cited,
          usage: outcome.usage,
        },
        call: outcome.call,
      })
    },
    async undo(outcome) {
      // First, as the store may be what failed, and it may be another database.
      await ledger.settle(outcome.call)
      await scope.write((database) =>
        undoTurn(database, tenant.id, { sessionId, messageId: questionId, withSession: isNew }),
      )
    },
  }
}

function recordNothing(ledger: UsageLedger): TurnRecord {
  return {
    sessionId: null,
    messageId: newId(),
    begin: (call) => ledger.reserve(call),
    finish: (outcome) => ledger.settle(outcome.call),
    undo: (outcome) => ledger.settle(outcome.call),
  }
}

const titleCharactersMax = 80

/** A conversation is called by the first line of its first message. */
function makeTitle(message: string): string {
  const line = message.trim().split(/\r?\n/, 1)[0]?.trim() || 'Conversation'
  return line.length <= titleCharactersMax
    ? line
    : `${line
        .slice(0, titleCharactersMax - 1)
        .trimEnd()
        .toWellFormed()}…`
}

function notFound(): Error {
  return sessionNotFound({ detail: 'You have no conversation with this id.' })
}
