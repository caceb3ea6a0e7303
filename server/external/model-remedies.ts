import type { Egress } from '../platform/egress.ts'
import { callWithDeadline } from './call-deadline.ts'
import type { ConnectionFix } from './connection-test.ts'
import type { ModelTarget } from './language-model.ts'
import { makeModelTimeout } from './model-errors.ts'
import { createOpenAiClient } from './openai-client.ts'

const choicesMax = 30
const bytesMax = 2 * 1024 * 1024
const listMsMax = 3_000
/** What a model may be called: a provider's other text is not shown, nor are somebody's fine-tuned models. */
const modelName = /^(?!ft:)[a-z0-9][\w.:/@-]{0,99}$/i
/** Providers list these beside the models that chat. */
const notForChat =
  /embed|whisper|tts|dall-e|moderation|realtime|transcribe|image|audio|speech|sora|rerank|babbage|davinci/i
/** Reasons that a base URL without its version gives: such paths are pages, or nothing at all. */
const versionReasons = new Set(['model_not_found', 'not_event_stream', 'malformed', 'redirected'])

/** What a failed test of a model may be mended by; asks the provider for its models when it does not know this one. */
export async function suggestModelFixes(call: {
  egress: Egress
  target: ModelTarget
  reason: string
  signal: AbortSignal
  /** What is left of the test. */
  timeoutMs: number
}): Promise<ConnectionFix[]> {
  const { target, reason } = call
  const fixes = [versionReasons.has(reason) ? suggestVersion(target) : undefined]
  if (reason === 'model_not_found') {
    const names = rankByLikeness(await listModels(call), target.model)
    fixes.unshift({ field: 'model', choices: names.map((value) => ({ value, note: null })) })
  }
  return fixes.filter((fix) => fix !== undefined)
}

/** The tenant's own address with `/v1` behind it, where it names no version. */
function suggestVersion({ baseUrl, trusted }: ModelTarget): ConnectionFix | undefined {
  const named = /\/v\d+[a-z]*(\/|$)/i.test(baseUrl)
  return trusted || named
    ? undefined
    : { field: 'model_base_url', choices: [{ value: `${baseUrl.replace(/\/+$/, '')}/v1`, note: null }] }
}

/** The chat models of a provider; none when it does not say, as not every compatible server can. */
async function listModels(call: Parameters<typeof suggestModelFixes>[0]): Promise<string[]> {
  const { egress, target, signal } = call
  const timeoutMs = Math.min(call.timeoutMs, listMsMax)
  if (timeoutMs <= 0) return []
  const client = createOpenAiClient({ egress, target, bytesMax, timeoutMs, retriesMax: 0 })
  try {
    const page: { data?: unknown } = await callWithDeadline(
      { timeoutMs, signal, makeTimeout: () => makeModelTimeout('total') },
      (signal) => client.models.list({ signal }),
    )
    const models: unknown[] = Array.isArray(page.data) ? page.data : []
    return models.flatMap((model) => {
      const id = typeof model === 'object' && model !== null && 'id' in model ? model.id : undefined
      return typeof id === 'string' && modelName.test(id) && !notForChat.test(id) ? [id] : []
    })
  } catch (error) {
    if (signal.aborted) throw error
    return []
  }
}

/** Those that begin like the wanted name first, else by the alphabet. */
function rankByLikeness(names: string[], wanted: string): string[] {
  const alike = (name: string): number => {
    let at = 0
    while (at < name.length && name[at]?.toLowerCase() === wanted[at]?.toLowerCase()) at += 1
    return at
  }
  return [...new Set(names)]
    .sort((one, other) => alike(other) - alike(one) || one.localeCompare(other))
    .slice(0, choicesMax)
}
