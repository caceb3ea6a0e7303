import { addDocument } from '../server/chat/knowledge.ts'
import corpus from '../fixtures/retrieval-corpus.json' with { type: 'json' }
import type { SearchLanguage } from '../../server/platform/search-language.ts'
import { call } from './call.ts'
import { makeTenant } from './people.ts'
import type { Scenario } from './scenario.ts'

/** How well one way of searching finds the passages that answer. */
export interface Quality {
  /** The part of the questions whose passage is among the first five. */
  recallAt5: number
  /** The mean of one divided by the rank of the passage; 0 for those not among the first ten. */
  meanReciprocalRank: number
  /** Milliseconds of the middle question. */
  ms: number
  /** The questions whose passage is not among the first five. */
  missed: string[]
}

const ways = ['keyword', 'semantic', 'hybrid'] as const
const passagesMax = 10
const pineconeKey = 'pcsk-quality-0123456789abcdef'

/**
 * Asks a corpus of known questions through `POST …/retrieval/test`. What is semantic here is the fakes' embedding, which
 * knows words and no meaning: its figures show that the way works, not how good a real model is.
 */
export async function measureQuality(scenario: Scenario): Promise<Record<(typeof ways)[number], Quality>> {
  const { app, superuser, pinecone, sql } = scenario
  const tenant = 'quality'
  pinecone.addIndex({ name: 'quality', apiKey: pineconeKey })
  const settings = { pinecone_index: 'quality', pinecone_api_key: pineconeKey, retrieval_top_k: passagesMax }
  await makeTenant(app, superuser, tenant, settings)
  const chunkIds = new Map<string, string>()
  for (const { title, language, passages } of corpus.documents) {
    const added = await addDocument(sql, {
      tenant,
      title,
      language: readLanguage(language),
      headings: passages.map(({ heading }) => heading),
      passages: passages.map(({ text }) => text),
    })
    for (const [at, { id, heading, text }] of passages.entries()) {
      const chunkId = added.chunkIds[at] ?? ''
      chunkIds.set(id, chunkId)
      pinecone.seed('quality', [{ id: chunkId, text: `${title} ${heading} ${text}`, metadata: { tenantry: tenant } }])
    }
  }
  const ranks = { keyword: new Map(), semantic: new Map(), hybrid: new Map() } satisfies Record<
    string,
    Map<string, number>
  >
  const times: Record<(typeof ways)[number], number[]> = { keyword: [], semantic: [], hybrid: [] }
  for (const { question, passage } of corpus.questions) {
    const { status, body } = await call(app, `POST /admin/tenants/${tenant}/retrieval/test`, {
      token: superuser.token,
      body: { query: question },
    })
    if (status !== 200) throw new Error(`“${question}” was answered by ${status}`)
    for (const way of ways) {
      const at = body[way].findIndex((source: { chunk_id: string }) => source.chunk_id === chunkIds.get(passage))
      ranks[way].set(question, at + 1)
      times[way].push(body.ways[way].ms)
    }
  }
  return {
    keyword: summarize(ranks.keyword, times.keyword),
    semantic: summarize(ranks.semantic, times.semantic),
    hybrid: summarize(ranks.hybrid, times.hybrid),
  }
}

/** `ranks` by question; 0 is not found. */
function summarize(ranks: Map<string, number>, times: number[]): Quality {
  const found = [...ranks.values()]
  const missed = [...ranks].flatMap(([question, rank]) => (rank === 0 || rank > 5 ? [question] : []))
  return {
    recallAt5: 1 - missed.length / found.length,
    meanReciprocalRank: found.reduce((total, rank) => total + (rank === 0 ? 0 : 1 / rank), 0) / found.length,
    ms: times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0,
    missed,
  }
}

/** A language of the corpus, which is JSON. */
function readLanguage(name: string): SearchLanguage {
  if (name === 'english' || name === 'german' || name === 'french') return name
  throw new Error(`the corpus has no language ${name}`)
}
