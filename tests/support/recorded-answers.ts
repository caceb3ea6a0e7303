import { call, type CallOptions, type Reply } from './call.ts'
import type { TestApp } from './start-app.ts'

/** Asks, and keeps what was answered, to look for secrets in it. */
export interface AnswerRecorder {
  ask: (route: string, options?: CallOptions) => Promise<Reply>
  replies: { route: string; reply: Reply; issuing: boolean }[]
  /** API keys and tokens that were issued on the way: they may be only in the answer that issues them. */
  issued: Record<string, string>
}

/** Records what `app` answers. */
export function recordAnswers(app: () => TestApp): AnswerRecorder {
  const replies: AnswerRecorder['replies'] = []
  const issued: Record<string, string> = {}

  async function ask(route: string, options: CallOptions = {}): Promise<Reply> {
    const reply = await call(app(), route, options)
    const isKey = typeof reply.body?.secret === 'string'
    if (isKey) issued[`API key ${Object.keys(issued).length}`] = reply.body.secret
    const issuing = isKey || typeof reply.body?.access_token === 'string'
    if (issuing && !isKey) {
      issued[`access token ${Object.keys(issued).length}`] = reply.body.access_token
      const cookie = /=(trt_[^;]+)/.exec(reply.headers.get('set-cookie') ?? '')?.[1]
      issued[`refresh token ${Object.keys(issued).length}`] = reply.body.refresh_token ?? cookie ?? 'none'
    }
    replies.push({ route, reply, issuing })
    return reply
  }
  return { ask, replies, issued }
}
