import type { Clock } from '../platform/clock.ts'
import type { Egress } from '../platform/egress.ts'
import { createChatCompletions } from './chat-completions.ts'
import type { LanguageModel, ModelDeadlines } from './language-model.ts'
import { createOfflineModel } from './offline-model.ts'

/** The language model of the whole process: each request goes to the adapter of its target's provider. */
export function createLanguageModel(options: {
  egress: Egress
  clock?: Clock
  random?: () => number
  deadlines?: Partial<ModelDeadlines>
}): LanguageModel {
  const online = createChatCompletions(options)
  const offline = createOfflineModel()
  return {
    openStream: (request) => (request.target.provider === 'offline' ? offline : online).openStream(request),
  }
}
