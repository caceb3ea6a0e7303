import { t } from 'elysia'
import { nullable, sourceView } from '../../http/schemas.ts'

/** How much may stand in one message, in characters. */
const contentCharactersMax = 200_000
const messagesMax = 500
const stopCharactersMax = 200

/** Fields that are not named here are somebody else's, and are left alone as other servers of this kind do. */
const open = { additionalProperties: true } as const

const part = t.Object({ type: t.String(), text: t.Optional(t.String({ maxLength: contentCharactersMax })) }, open)

const message = t.Object(
  {
    role: t.Union(
      [
        t.Literal('system'),
        t.Literal('developer'),
        t.Literal('user'),
        t.Literal('assistant'),
        t.Literal('tool'),
        t.Literal('function'),
      ],
      { error: 'must be "system", "developer", "user" or "assistant"' },
    ),
    content: t.Optional(
      t.Union([t.String({ maxLength: contentCharactersMax }), t.Null(), t.Array(part, { maxItems: 1_000 })], {
        error: `must be a text of at most ${contentCharactersMax} characters, or a list of parts`,
      }),
    ),
  },
  open,
)

const bounded = (minimum: number, maximum: number) =>
  t.Optional(nullable(t.Number({ minimum, maximum, error: `must be a number from ${minimum} to ${maximum}` })))
const tokens = t.Optional(
  nullable(t.Integer({ minimum: 1, maximum: 10_000_000, error: 'must be a whole number of at least 1' })),
)
const stop = t.String({ minLength: 1, maxLength: stopCharactersMax })

/** `POST /v1/chat/completions`: OpenAI's fields, as far as the tenant's bot has a use for them. */
export const completionBody = t.Object(
  {
    model: t.Optional(
      t.String({ maxLength: 256, description: "Of no consequence: the tenant's own model answers, and is named" }),
    ),
    messages: t.Array(message, {
      minItems: 1,
      maxItems: messagesMax,
      error: `must be a list of 1 to ${messagesMax} messages`,
    }),
    stream: t.Optional(nullable(t.Boolean({ error: 'must be true or false' }))),
    stream_options: t.Optional(
      nullable(t.Object({ include_usage: t.Optional(nullable(t.Boolean({ error: 'must be true or false' }))) }, open)),
    ),
    max_tokens: tokens,
    max_completion_tokens: tokens,
    temperature: bounded(0, 2),
    top_p: bounded(0, 1),
    presence_penalty: bounded(-2, 2),
    frequency_penalty: bounded(-2, 2),
    seed: t.Optional(
      nullable(
        t.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER, error: 'must be an integer' }),
      ),
    ),
    stop: t.Optional(
      t.Union([stop, t.Null(), t.Array(stop, { maxItems: 4 })], {
        error: `must be a text, or up to four, of at most ${stopCharactersMax} characters`,
      }),
    ),
    n: t.Optional(nullable(t.Literal(1, { error: 'must be 1: there is one answer' }))),
    tools: t.Optional(nullable(t.Array(t.Object({}, open)))),
    functions: t.Optional(nullable(t.Array(t.Object({}, open)))),
    response_format: t.Optional(nullable(t.Object({ type: t.String({ maxLength: 40 }) }, open))),
    retrieval: t.Optional(
      t.Literal('off', { description: 'Answers without the tenant’s knowledge', error: 'must be "off", or left out' }),
    ),
  },
  open,
)
/** Its body. */
export type CompletionBody = typeof completionBody.static

const modelUsage = t.Object({
  prompt_tokens: t.Integer(),
  completion_tokens: t.Integer(),
  total_tokens: t.Integer(),
})

/** A whole answer; `sources` and `cited` are additions to OpenAI's shape. */
export const completionView = t.Object({
  id: t.String(),
  object: t.Literal('chat.completion'),
  created: t.Integer({ description: 'Seconds since 1970' }),
  model: t.String(),
  choices: t.Array(
    t.Object({
      index: t.Integer(),
      message: t.Object({ role: t.Literal('assistant'), content: t.String(), refusal: nullable(t.String()) }),
      logprobs: nullable(t.Object({})),
      finish_reason: t.String(),
    }),
  ),
  usage: modelUsage,
  sources: t.Array(sourceView),
  cited: t.Array(t.Integer()),
})

/** A model. */
export const modelView = t.Object({
  id: t.String(),
  object: t.Literal('model'),
  created: t.Integer({ description: 'Seconds since 1970' }),
  owned_by: t.String({ description: "The tenant's id" }),
})

/** `GET /v1/models`. */
export const modelListView = t.Object({ object: t.Literal('list'), data: t.Array(modelView) })
