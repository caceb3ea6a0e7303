import { t } from 'elysia'
import { retrievalSettings } from '../../http/retrieval-settings.ts'
import { nullable, sourceView } from '../../http/schemas.ts'

/** A question, and settings to try instead of the stored ones; nothing is saved. */
export const retrievalTestBody = t.Object({
  query: t.String({
    minLength: 1,
    maxLength: 32_000,
    pattern: String.raw`\S`,
    error: 'must have 1 to 32,000 characters, not only spaces',
  }),
  retrieval: t.Optional(retrievalSettings.retrieval),
  retrieval_top_k: t.Optional(retrievalSettings.retrieval_top_k),
  retrieval_score_min: t.Optional(retrievalSettings.retrieval_score_min),
  retrieval_weights: t.Optional(retrievalSettings.retrieval_weights),
  retrieval_filter: t.Optional(retrievalSettings.retrieval_filter),
})

const found = (description: string) => t.Array(sourceView, { description })
const wayView = {
  ms: t.Number({ description: 'Milliseconds until it had its passages' }),
  problem: nullable(
    t.Object({
      code: t.String(),
      reason: nullable(t.String({ description: '`not_configured` and `embedding_not_configured`: it was not tried' })),
      detail: t.String(),
    }),
  ),
}

/** What each way of searching finds for a question, best first, and which of them answers would use. */
export const retrievalTestView = t.Object({
  keyword: found('By the words; `score` is the share of the question that a passage covers, from 0 to 1'),
  semantic: found('By meaning; `score` is the similarity by the index’s metric'),
  hybrid: found('Both fused; what keyword finds when semantic fails'),
  ms: t.Number({ description: 'Milliseconds for all of it; the ways are tried at the same time' }),
  ways: t.Object({
    keyword: t.Object(wayView),
    semantic: t.Object(wayView),
    hybrid: t.Object({
      ...wayView,
      degraded: nullable(t.Object({ from: t.String(), to: t.String(), code: t.String() })),
    }),
  }),
  mode: t.Union([t.Literal('off'), t.Literal('keyword'), t.Literal('semantic'), t.Literal('hybrid')], {
    description: 'What answers would use with these settings',
  }),
})
