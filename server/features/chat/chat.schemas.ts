import { t } from 'elysia'
import { nullable, sourceView, time, usageView, uuid } from '../../http/schemas.ts'

const message = t.String({
  minLength: 1,
  maxLength: 32_000,
  pattern: String.raw`\S`,
  error: 'must have 1 to 32,000 characters, not only spaces',
})

const resumable = t.Optional(
  t.Boolean({
    description:
      'Goes on for a minute after its reader has left, who may come back to it; otherwise it ends within a second',
    error: 'must be true or false',
  }),
)

/** `POST /chat`. */
export const chatBody = t.Object({
  message,
  session_id: t.Optional(nullable(uuid)),
  retrieval: t.Optional(t.Literal('off', { error: 'must be "off", or left out' })),
})

/** `POST /chat/stream`. */
export const chatStreamBody = t.Object({ ...chatBody.properties, resumable })

/** `POST …/preview`: a draft of the prompt and a made-up history; nothing is stored. */
export const previewBody = t.Object({
  message,
  system_prompt: t.Optional(nullable(t.String({ maxLength: 100_000 }))),
  history: t.Optional(
    t.Array(
      t.Object({
        role: t.Union([t.Literal('user'), t.Literal('assistant')]),
        content: t.String({ minLength: 1, maxLength: 32_000 }),
      }),
      { maxItems: 40 },
    ),
  ),
  retrieval: t.Optional(t.Literal('off', { error: 'must be "off", or left out' })),
  resumable,
})

/** How an answer was stopped, and what was counted for it. */
export const stoppedView = t.Object({ stopped: t.Boolean(), usage: usageView })

/** The whole answer of `POST /chat`. */
export const chatAnswerView = t.Object({
  session_id: t.String(),
  message_id: t.String(),
  text: t.String(),
  finish_reason: t.String(),
  sources: t.Array(sourceView),
  cited: t.Array(t.Integer()),
  usage: nullable(usageView),
})

/** A conversation as sent. */
export const sessionView = t.Object({ id: t.String(), title: t.String(), created_at: time, updated_at: time })

/** A message as sent. */
export const messageView = t.Object({
  id: t.String(),
  role: t.Union([t.Literal('user'), t.Literal('assistant')]),
  content: t.String(),
  status: t.Union([t.Literal('completed'), t.Literal('aborted'), t.Literal('failed')]),
  sources: t.Array(sourceView),
  cited: t.Array(t.Integer()),
  usage: nullable(usageView),
  created_at: time,
})

/** Counts and times of a conversation for managers, never text. */
export const sessionFiguresView = t.Object({
  id: t.String(),
  user_id: t.String(),
  messages: t.Integer(),
  total_tokens: t.Integer(),
  cost_micro_usd: nullable(t.Integer()),
  last_status: nullable(t.Union([t.Literal('completed'), t.Literal('aborted'), t.Literal('failed')])),
  created_at: time,
  updated_at: time,
})
