import { describe, expect, test } from 'bun:test'
import { describeWayProblem, nameRank, rankPassages } from '../../console/src/features/retrieval/compare-ways.ts'
import {
  checkField,
  readFields,
  readSettings,
  type RetrievalFields,
} from '../../console/src/features/retrieval/retrieval-fields.ts'
import type { Comparison } from '../../console/src/features/retrieval/retrieval.queries.ts'
import { findPassageLink } from '../../console/src/lib/passage-link.ts'

const fine: RetrievalFields = {
  retrieval: 'automatic',
  retrieval_top_k: '5',
  retrieval_score_min: '',
  keyword_weight: '',
  semantic_weight: '',
  retrieval_filter: '',
}

const source = (chunkId: string, score: number): Comparison['keyword'][number] => ({
  n: 1,
  document_id: 'doc',
  chunk_id: chunkId,
  title: 'Handbook',
  url: null,
  excerpt: 'Thirty days.',
  start: 0,
  end: 12,
  score,
})

const comparison: Comparison = {
  keyword: [source('a', 0.8), source('b', 0.2)],
  semantic: [source('c', 0.9), source('a', 0.45)],
  hybrid: [source('a', 0.03), source('c', 0.016), source('b', 0.0161)],
  ms: 12,
  ways: {
    keyword: { ms: 3, problem: null },
    semantic: { ms: 12, problem: null },
    hybrid: { ms: 12, problem: null, degraded: null },
  },
  mode: 'hybrid',
}

describe('the settings of retrieval', () => {
  test('are read from a tenant and written back as they were', () => {
    const stored: Parameters<typeof readFields>[0] = {
      retrieval: 'semantic',
      retrieval_top_k: 7,
      retrieval_score_min: 0.25,
      retrieval_weights: { keyword: 1, semantic: 2.5 },
      retrieval_filter: { lang: { $in: ['en', 'de'] } },
    }
    expect(readSettings(readFields(stored))).toEqual(stored)
    expect(readSettings(fine)).toEqual({
      retrieval: null,
      retrieval_top_k: 5,
      retrieval_score_min: null,
      retrieval_weights: null,
      retrieval_filter: null,
    })
  })

  test('a weight that is left out counts once; both at 0 are refused', () => {
    expect(readSettings({ ...fine, semantic_weight: '3' })?.retrieval_weights).toEqual({ keyword: 1, semantic: 3 })
    expect(readSettings({ ...fine, keyword_weight: '0' })?.retrieval_weights).toEqual({ keyword: 0, semantic: 1 })
    const none = { ...fine, keyword_weight: '0', semantic_weight: '0' }
    expect(checkField('keyword_weight', none)).toContain('more than 0')
    expect(readSettings(none)).toBeUndefined()
  })

  test.each([
    ['retrieval_top_k', ['0', '51', '', '1.5', 'x']],
    ['retrieval_score_min', ['much', '1e9']],
    ['keyword_weight', ['-1', '101', 'x']],
    ['retrieval_filter', ['lang = en', '[1]', '"text"', 'null', '{', `{"a":"${'x'.repeat(10_001)}"}`]],
  ] as const)('%s says why it cannot be saved', (name, texts) => {
    for (const text of texts) {
      expect(checkField(name, { ...fine, [name]: text })).toBeString()
      expect(readSettings({ ...fine, [name]: text })).toBeUndefined()
    }
  })
})

describe('the ways side by side', () => {
  test('a passage is as strong as it is beside the best of its own ranking, and says where the others have it', () => {
    expect(rankPassages(comparison, 'keyword').map(({ strength, elsewhere }) => [strength, elsewhere])).toEqual([
      [1, '2nd by semantic, 1st by hybrid'],
      [0.25, '3rd by hybrid'],
    ])
    expect(rankPassages({ ...comparison, semantic: [source('c', -3)] }, 'semantic')[0]?.strength).toBe(0)
    expect(rankPassages(comparison, 'hybrid')[0]?.strength).toBeUndefined()
  })

  test('a way that is not set up, fails or finds nothing says so, and where that can be mended', () => {
    expect(describeWayProblem(comparison, 'keyword')).toBeUndefined()
    expect(describeWayProblem({ ...comparison, keyword: [] }, 'keyword')).toMatchObject({ mend: 'knowledge' })
    const withProblem = (reason: string): Comparison => {
      const problem = { code: 'retrieval.failed', reason, detail: 'Pinecone refused the API key.' }
      const { keyword, hybrid } = comparison.ways
      return { ...comparison, ways: { keyword, semantic: { ms: 1, problem }, hybrid: { ...hybrid, problem } } }
    }
    expect(describeWayProblem(withProblem('not_configured'), 'semantic')?.title).toBe('Pinecone is not set up')
    expect(describeWayProblem(withProblem('key_refused'), 'semantic')?.advice).toBe('Pinecone refused the API key.')
    expect(describeWayProblem(withProblem('key_refused'), 'hybrid')?.title).toBe('Keyword alone')
    expect(rankPassages(withProblem('key_refused'), 'keyword')[1]?.elsewhere).toBeUndefined()
  })

  test('ranks are read as people say them', () => {
    expect([1, 2, 3, 4, 11, 12, 13, 21, 22, 50].map(nameRank).join(' ')).toBe(
      '1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 50th',
    )
  })
})

test('a passage of an own document has a place there; one of a foreign index has none', () => {
  expect(findPassageLink({ tenantId: 'a b', source: { document_id: 'd/1', start: 3, end: 9 } })).toEqual({
    to: '/tenants/a%20b/knowledge/d%2F1',
    search: { from: '3', to: '9' },
  })
  expect(findPassageLink({ tenantId: 'a', source: { document_id: 'd', start: null, end: null } })).toBeUndefined()
})
