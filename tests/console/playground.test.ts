import { describe, expect, test } from 'bun:test'
import { awaitedAnswer, type Answer } from '../../console/src/panels/preview-answer.ts'
import { mergeSources, tellHistory, type Turn } from '../../console/src/features/prompt/playground.ts'

describe('the playground', () => {
  const answer = (text: string, cited: number[] = []): Answer => ({
    ...awaitedAnswer,
    phase: 'done',
    text,
    cited,
    sources: [1, 2, 3].map((n) => ({
      n,
      document_id: null,
      chunk_id: `chunk-${n}`,
      title: null,
      url: null,
      excerpt: 'x',
      start: null,
      end: null,
      score: 0.5,
      strength: undefined,
      scoreWords: undefined,
    })),
  })
  const turn = (live: Answer, other?: Answer): Turn => ({
    question: 'Why?',
    live,
    other,
    otherName: other && 'Draft',
  })

  test('each prompt goes on from its own answers; what it did not answer it was not asked', () => {
    const turns = [turn(answer('L1'), answer('D1')), turn(answer('L2')), turn(answer(''), answer('D3'))]
    expect(tellHistory(turns, 'live').map(({ content }) => content)).toEqual(['Why?', 'L1', 'Why?', 'L2'])
    expect(tellHistory(turns, 'other').map(({ content }) => content)).toEqual(['Why?', 'D1', 'Why?', 'D3'])
  })

  test('a long conversation is told from its end, within what the server takes', () => {
    const turns = Array.from({ length: 30 }, (_, at) => turn(answer(`${at}${'x'.repeat(40_000)}`)))
    const history = tellHistory(turns, 'live')
    expect(history).toHaveLength(40)
    expect(history[0]?.role).toBe('user')
    expect(history.at(-1)?.content.startsWith('29x')).toBe(true)
    expect(Math.max(...history.map(({ content }) => content.length))).toBe(32_000)
  })

  test('a source stands once, with the prompts that name it', () => {
    const notes = (one: Turn): string[] => mergeSources(one).map(({ note }) => note)
    expect(notes(turn(answer('', [1, 2]), answer('', [1, 3])))).toEqual([
      'cited by both',
      'cited by live',
      'cited by draft',
    ])
    expect(notes(turn(answer('', [2])))).toEqual(['not cited', 'cited', 'not cited'])
    const others = {
      ...answer('', [1]),
      sources: answer('').sources.map((one) => ({ ...one, chunk_id: `b-${one.n}` })),
    }
    expect(notes(turn(answer('', [1]), others))).toEqual([
      'cited by live',
      'not cited',
      'not cited',
      'cited by draft',
      'not cited',
      'not cited',
    ])
  })
})
