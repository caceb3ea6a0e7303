import { afterAll, expect, test } from 'bun:test'
import type { AnswerEvent, AnswerStream } from '../../../server/answering/answer-stream.ts'
import { createSharedAnswers } from '../../../server/answering/shared-answers.ts'
import { newId, parseTenantId, parseUserId, type TenantId, type UserId } from '../../../server/platform/ids.ts'
import { createLog } from '../../../server/platform/log.ts'

const shared = createSharedAnswers({ redis: undefined, log: createLog({ level: 'silent' }) })
afterAll(() => shared.stop())

const required = <T>(found: T | undefined): T => {
  if (found === undefined) throw new Error('this is no id')
  return found
}
const owner: { tenantId: TenantId; userId: UserId; purpose: 'chat' } = {
  tenantId: required(parseTenantId('acme')),
  userId: required(parseUserId(newId())),
  purpose: 'chat',
}
const describeFailure = () => ({ code: 'server.error' })

/** An answer with a long prompt, read to its end; it is only told whether its prompt is still there. */
async function answerAndForget(streamId: string): Promise<WeakRef<object>> {
  const prompt = { messages: Array.from({ length: 50 }, (_, n) => `message ${n} `.repeat(200)) }
  const { promise: settled, resolve } = Promise.withResolvers<void>()
  const events: AnswerEvent[][] = [
    [{ event: 'start', data: { stream_id: streamId, session_id: null, message_id: streamId } }],
    [{ event: 'delta', data: { text: 'Hello.' } }],
    [{ event: 'done', data: { finish_reason: 'stop', message_id: streamId, cited: [] } }],
  ]
  const stream: AnswerStream = {
    streamId,
    headers: {},
    model: 'test',
    settled,
    next: () => {
      const next = events.shift()
      if (events.length === 0) resolve()
      return Promise.resolve(prompt.messages.length > 0 ? next : undefined)
    },
    leave: () => Promise.resolve(),
    cut: () => undefined,
    stop: () => undefined,
  }
  const reader = shared.share({ stream, owner, isResumable: false, describeFailure })
  while (await reader.next());
  return new WeakRef(prompt)
}

test('D8: an answer that may be read again keeps its frames, and nothing of what made it', async () => {
  const ids = Array.from({ length: 20 }, () => newId())
  const prompts = await Promise.all(ids.map(answerAndForget))
  for (let tries = 0; tries < 20 && prompts.some((prompt) => prompt.deref()); tries++) {
    await Bun.sleep(10)
    Bun.gc(true)
  }
  // The stack may still mention the last of them.
  expect(prompts.filter((prompt) => prompt.deref()).length).toBeLessThanOrEqual(2)
  for (const streamId of ids) {
    const again = await shared.find({ streamId, owner, afterId: 1, describeFailure })
    expect(new TextDecoder().decode(await again?.next())).toContain('Hello.')
  }
})
