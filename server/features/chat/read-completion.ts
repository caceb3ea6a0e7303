import type { HistoryMessage } from '../../data/tenant-scope.ts'
import type { ModelSampling } from '../../external/language-model.ts'
import { requestInvalid } from '../../http/problem-details.ts'
import type { CompletionRequest } from './chat.usecases.ts'
import type { CompletionBody } from './completions.schemas.ts'

type Message = CompletionBody['messages'][number]

const messageCharactersMax = 32_000
const instructionsCharactersMax = 100_000

/**
 * What a body in OpenAI's words asks the tenant's bot: the last message is the question, those before are its history,
 * system messages are instructions beside the tenant's own prompt. Throws `request.invalid` for what the bot cannot do
 * (tools, pictures, JSON), as leaving it out without a word would be found out late.
 */
export function readCompletion(body: CompletionBody): CompletionRequest {
  refuseUnsupported(body)
  const instructions: string[] = []
  const turns: HistoryMessage[] = []
  for (const [at, message] of body.messages.entries()) {
    const content = readContent(message, at)
    if (message.role === 'system' || message.role === 'developer') instructions.push(content)
    else if (message.role === 'user' || message.role === 'assistant') turns.push({ role: message.role, content })
    else throw refuse(`messages.${at}.role`, 'must be "system", "developer", "user" or "assistant": there are no tools')
  }
  const question = turns.pop()
  const lastAt = `messages.${body.messages.length - 1}`
  if (question?.role !== 'user') throw refuse(`${lastAt}.role`, 'must be "user": the last message is what is asked')
  if (question.content.trim() === '' || question.content.length > messageCharactersMax) {
    throw refuse(`${lastAt}.content`, 'must have 1 to 32,000 characters, not only spaces')
  }
  const joined = instructions.filter((text) => text.trim() !== '').join('\n\n')
  if (joined.length > instructionsCharactersMax) {
    throw refuse('messages', 'may have at most 100,000 characters of system messages')
  }
  return {
    message: question.content,
    history: turns.filter(({ content }) => content !== ''),
    instructions: joined === '' ? undefined : joined,
    maxOutputTokens: body.max_completion_tokens ?? body.max_tokens ?? undefined,
    sampling: readSampling(body),
    retrievalOff: body.retrieval === 'off',
  }
}

function refuseUnsupported(body: CompletionBody): void {
  for (const field of ['tools', 'functions'] as const) {
    if (body[field]?.length) throw refuse(field, "must be left out: the tenant's bot has no tools")
  }
  const format = body.response_format?.type ?? 'text'
  if (format !== 'text') throw refuse('response_format.type', 'must be "text": answers are in words')
}

/** A text, or the texts of its parts one under the other. */
function readContent(message: Message, at: number): string {
  const { content } = message
  if (typeof content === 'string') return content
  if (!content) return ''
  return content
    .map((part, index) => {
      if (part.type === 'text' && part.text !== undefined) return part.text
      throw refuse(`messages.${at}.content.${index}.type`, 'must be "text": only texts are read')
    })
    .join('\n')
}

function readSampling(body: CompletionBody): ModelSampling {
  const { temperature, top_p, presence_penalty, frequency_penalty, seed, stop } = body
  return {
    temperature: temperature ?? undefined,
    top_p: top_p ?? undefined,
    presence_penalty: presence_penalty ?? undefined,
    frequency_penalty: frequency_penalty ?? undefined,
    seed: seed ?? undefined,
    stop: stop ?? undefined,
  }
}

function refuse(path: string, message: string): Error {
  return requestInvalid({ detail: `${path}: ${message}`, errors: [{ path, message }] })
}
