import type OpenAI from 'openai'
import { type Clock, systemClock } from '../platform/clock.ts'
import type { Egress } from '../platform/egress.ts'
import type { AppError } from '../platform/errors.ts'
import { callWithDeadline } from './call-deadline.ts'
import { type ConnectionFix, type ConnectionTest, runSteps, type StepFinding } from './connection-test.ts'
import type { ModelTarget, ModelUsage } from './language-model.ts'
import { makeModelTimeout } from './model-errors.ts'
import { suggestModelFixes } from './model-remedies.ts'
import { classifySdkError, createOpenAiClient } from './openai-client.ts'
import { readUsage } from './sse-frame.ts'

/** A test and what it cost: its tokens belong in the ledger (purpose `test`). */
export interface ModelTestOutcome {
  test: ConnectionTest
  usage: ModelUsage | null
}

const timeoutMsDefault = 9_000
const bytesMax = 2 * 1024 * 1024
const outputTokens = 16
/** Reasons that concern a step; whatever is not in the map concerns the answer. */
const stepOfReason: Record<string, string> = {
  unreachable: 'address',
  address_refused: 'address',
  redirected: 'address',
  timeout: 'address',
  provider_failing: 'address',
  not_event_stream: 'address',
  malformed: 'address',
  too_large: 'address',
  key_refused: 'key',
  balance_exhausted: 'key',
  rate_limited: 'key',
  model_not_found: 'model',
}
const remedies: Record<string, string> = {
  unreachable: 'Check the address; it must be reachable from this server.',
  address_refused: 'Enter a public https address.',
  redirected: 'Enter the address that the redirect leads to, if you trust it.',
  key_refused: 'Enter a valid API key of this provider that may use this model.',
  balance_exhausted: 'Add balance or quota to the account at the provider.',
  model_not_found: 'Check the model name, and that the address ends with the version, such as /v1.',
  rate_limited: 'Wait a little and test again, or raise the limit at the provider.',
  provider_failing: 'Wait a little and test again; see the status page of the provider.',
  not_event_stream: 'Check that the address ends with the version, such as /v1.',
  malformed: 'Check that the address is that of an OpenAI-compatible API and ends with the version, such as /v1.',
  too_large: 'Check that the address is that of an OpenAI-compatible API.',
}
const stepNames = ['address', 'key', 'model', 'answer']

/**
 * Tests a model connection by one tiny completion, whose outcome decides the steps `address`, `key`, `model`, `answer`:
 * listing models costs nothing but not every compatible server can, and a listed model may still not answer. A model
 * that is not known is answered with those that are, where the provider lists them. At most 10 s; rejects only with the signal's reason.
 */
export function createModelTest(options: {
  egress: Egress
  clock?: Clock
  timeoutMs?: number
}): (request: { target: ModelTarget; signal: AbortSignal }) => Promise<ModelTestOutcome> {
  const { egress, clock = systemClock, timeoutMs = timeoutMsDefault } = options
  return async ({ target, signal }) => {
    if (target.provider === 'offline') return { test: await passOffline(clock), usage: null }
    let outcome: { usage: ModelUsage | null; text: string } | undefined
    let failure: AppError | undefined
    const startedMs = clock.monotonicMs()
    try {
      outcome = await askOnce({ egress, target, signal, timeoutMs })
    } catch (error) {
      if (signal.aborted) throw signal.reason
      failure = classifySdkError(error)
    }
    const latencyMs = Math.round(clock.monotonicMs() - startedMs)
    const fixes = failure
      ? await suggestModelFixes({ egress, target, reason: reasonOf(failure), signal, timeoutMs: timeoutMs - latencyMs })
      : []
    const findings = judge(target, { failure, fixes, text: outcome?.text ?? '' })
    const test = await runSteps(
      stepNames.map((name) => ({ name, run: () => Promise.resolve(findings[name] ?? { ok: true, detail: '' }) })),
      clock,
    )
    // One request decided every step; its time is shown where it was spent.
    const decisive = test.steps.find(({ ok }) => !ok) ?? test.steps.at(-1)
    if (decisive) decisive.latency_ms = latencyMs
    return { test, usage: outcome?.usage ?? null }
  }
}

async function askOnce(call: {
  egress: Egress
  target: ModelTarget
  signal: AbortSignal
  timeoutMs: number
}): Promise<{ usage: ModelUsage | null; text: string }> {
  const { egress, target, signal, timeoutMs } = call
  const client = createOpenAiClient({ egress, target, bytesMax, timeoutMs, retriesMax: 0 })
  const limit = target.provider === 'openai' ? { max_completion_tokens: outputTokens } : { max_tokens: outputTokens }
  const completion: Partial<OpenAI.ChatCompletion> = await callWithDeadline(
    { timeoutMs, signal, makeTimeout: () => makeModelTimeout('total') },
    (signal) =>
      client.chat.completions.create(
        { model: target.model, messages: [{ role: 'user', content: 'Answer with the word: ready' }], ...limit },
        { signal },
      ),
  )
  if (!Array.isArray(completion.choices) || completion.choices.length === 0) {
    throw new SyntaxError('the answer is no chat completion')
  }
  return {
    text: completion.choices[0]?.message?.content ?? '',
    usage: readUsage(completion.usage),
  }
}

function judge(
  target: ModelTarget,
  outcome: { failure: AppError | undefined; fixes: ConnectionFix[]; text: string },
): Record<string, StepFinding> {
  const { failure, fixes, text } = outcome
  const findings: Record<string, StepFinding> = {
    address: { ok: true, detail: 'The address answers.' },
    key: { ok: true, detail: 'The key is accepted.' },
    model: { ok: true, detail: `The model ${target.model} is known.` },
    answer: { ok: true, detail: text.trim() === '' ? 'The model answered without text.' : 'The model answered.' },
  }
  if (!failure) return findings
  const reason = reasonOf(failure)
  findings[stepOfReason[reason] ?? 'answer'] = {
    ok: false,
    detail: failure.detail,
    remedy: remedies[reason] ?? 'Test again; if it stays, check the address and the model.',
    fixes,
  }
  return findings
}

function reasonOf({ extensions }: AppError): string {
  return typeof extensions.reason === 'string' ? extensions.reason : 'timeout'
}

function passOffline(clock: Clock): Promise<ConnectionTest> {
  const detail = 'The built-in offline model needs no connection.'
  return runSteps([{ name: 'answer', run: () => Promise.resolve({ ok: true, detail }) }], clock)
}
