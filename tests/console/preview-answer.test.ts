import { describe, expect, test } from 'bun:test'
import type { ChatEvent, Source } from '../../console/src/api/chat-stream.ts'
import { ApiProblem } from '../../console/src/api/problem.ts'
import { checkQuestion, questionCharactersMax } from '../../console/src/panels/ask-field.tsx'
import {
  announceAnswer,
  awaitedAnswer,
  describeAnswerProblem,
  failAnswer,
  isUnderWay,
  noAnswer,
  stopAnswer,
  takeEvent,
  type Answer,
} from '../../console/src/panels/preview-answer.ts'
import { describeSearch } from '../../console/src/panels/try-answer.tsx'

const source = (n: number): Source => ({
  n,
  document_id: null,
  chunk_id: `chunk-${n}`,
  title: `Source ${n}`,
  url: null,
  excerpt: 'Cancelled free of charge.',
  start: null,
  end: null,
  score: 0.9,
})
const sources: ChatEvent = {
  event: 'sources',
  data: { sources: [source(1), source(2), source(3)], mode: 'hybrid', degraded: null },
}
const delta = (text: string): ChatEvent => ({ event: 'delta', data: { text } })
const usage: ChatEvent = {
  event: 'usage',
  data: {
    model: 'gpt-4.1-mini',
    prompt_tokens: 1000,
    completion_tokens: 118,
    total_tokens: 1118,
    cost_micro_usd: 1500,
    usage_source: 'reported',
  },
}
const done = (reason: string): ChatEvent => ({
  event: 'done',
  data: { finish_reason: reason, message_id: null, cited: [2] },
})

/** The answer after events that come 100 ms apart. */
const play = (...events: ChatEvent[]): Answer =>
  events.reduce((answer, event, at) => takeEvent(answer, { event, ms: 100 * (at + 1) }), awaitedAnswer)

const problem = (code: string, detail: string, status = 502): ApiProblem => new ApiProblem({ code, detail, status })

describe('a test answer', () => {
  test('grows word by word, and its first words are timed once', () => {
    const answer = play(sources, delta('Cancel '), delta('early [1].'))
    expect(answer).toMatchObject({ phase: 'streaming', text: 'Cancel early [1].', firstTokenMs: 200, cited: [1] })
    expect(isUnderWay(answer)).toBe(true)
    expect(answer.usage).toBeUndefined()
  })

  test('is complete with what the server says it cites and took', () => {
    const answer = play(sources, delta('Early [1] [9].'), usage, done('stop'))
    expect(answer).toMatchObject({ phase: 'done', cited: [2], isCutShort: false, usage: { total_tokens: 1118 } })
    expect(isUnderWay(answer)).toBe(false)
    expect(play(delta('a'), usage, done('length')).isCutShort).toBe(true)
  })

  test('names no source that was not found', () => {
    expect(play(sources, delta('Early [9] and items[2].')).cited).toEqual([2])
    expect(play(delta('items[1]')).cited).toEqual([])
  })

  test('keeps what came when it is stopped or fails', () => {
    const begun = play(delta('Cancel '))
    expect(stopAnswer(begun)).toMatchObject({ phase: 'stopped', text: 'Cancel ' })
    const refused = problem('model.upstream_error', 'The model provider broke off the answer. Try again.')
    expect(failAnswer(begun, refused)).toMatchObject({ phase: 'failed', text: 'Cancel ', problem: refused })
  })

  test('announces start, end and failure, never its words', () => {
    const begun = play(delta('Secret words'))
    const all = [noAnswer, awaitedAnswer, begun, stopAnswer(begun), play(delta('Secret'), done('stop'))]
    const said = all.map((answer) => announceAnswer(answer, 'Draft'))
    expect(said).toEqual([
      '',
      'Draft: asked.',
      'Draft: the answer has begun.',
      'Draft: the answer was stopped.',
      'Draft: the answer is complete.',
    ])
    expect(announceAnswer(play(delta('a'), delta('b')), 'Draft')).toBe('Draft: the answer has begun.')
    const failed = failAnswer(begun, problem('model.timeout', 'The model stopped. Try again.', 504))
    expect(announceAnswer(failed, 'Draft')).toBe('Draft: the answer failed. The model stopped. Try again.')
  })

  test('says in sentences why it failed, without codes', () => {
    const words = (code: string, detail: string, status = 502) => describeAnswerProblem(problem(code, detail, status))
    expect(words('model.not_configured', 'No model provider is set up. Give this tenant its own key.', 503)).toEqual({
      title: 'No model provider is set up.',
      advice: 'Give this tenant its own key.',
    })
    const used = 'This organization may have $0.10 a month. Try again in 10 days.'
    expect(words('limit.cost_per_month_micro_usd', used, 429)).toEqual({
      title: 'The budget of this month is used up.',
      advice: used,
    })
    expect(words('limit.of_tomorrow', 'Something is spent.', 429).advice).toBe('Ask again in a moment.')
    expect(words('retrieval.failed', 'Pinecone is failing.').advice).toContain('Test the Pinecone connection')
    expect(words('network.unreachable', '', 0).title).toBe('The server did not answer.')
  })

  test('shows sources as strong as they are beside its best one; scores of a fusion only stand for ranks', () => {
    const found = (mode: string, ...scores: (number | null)[]): ChatEvent => ({
      event: 'sources',
      data: { sources: scores.map((score, at) => ({ ...source(at + 1), score })), mode, degraded: null },
    })
    const rated = (event: ChatEvent) => play(event).sources.map(({ strength, scoreWords }) => [strength, scoreWords])
    expect(rated(found('keyword', 0.8, 0.2, null))).toEqual([
      [1, 'Share of the question it covers 0.8000'],
      [0.25, 'Share of the question it covers 0.2000'],
      [undefined, undefined],
    ])
    expect(rated(found('semantic', -0.1))).toEqual([[0, 'Similarity -0.1000']])
    expect(rated(found('hybrid', 0.0328))).toEqual([[undefined, 'Rank fusion 0.0328']])
  })

  test('tells how its sources were found and that another search stood in', () => {
    const tellSearch = (answer: Answer): string => describeSearch({ answer, cited: answer.cited.length })
    expect(tellSearch(play(sources, delta('[1]')))).toBe('3 sources found by hybrid search, 1 cited')
    expect(tellSearch(play(sources, delta('no')))).toBe('3 sources found by hybrid search, none cited')
    const fallen: ChatEvent = {
      event: 'sources',
      data: { sources: [], mode: 'keyword', degraded: { from: 'hybrid', to: 'keyword', code: 'retrieval.failed' } },
    }
    expect(tellSearch(play(fallen))).toBe('none found by keyword search; the usual search failed')
    expect(tellSearch(play(delta('a')))).toBe('')
  })
})

test('a question is neither empty nor longer than the server takes', () => {
  expect(checkQuestion(' \n')).toBe('Write a question first.')
  expect(checkQuestion('a'.repeat(questionCharactersMax))).toBeUndefined()
  expect(checkQuestion('a'.repeat(questionCharactersMax + 2))).toContain('2 characters too long: at most 32,000.')
})
