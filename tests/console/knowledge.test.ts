import { describe, expect, test } from 'bun:test'
import {
  describeLine,
  describePassages,
  describeProgress,
  type DescribedDocument,
  describeTrouble,
  needsAnotherFile,
  shareDone,
} from '../../console/src/features/knowledge/document-words.ts'
import { cutStretch, widenStretch } from '../../console/src/features/knowledge/text-stretch.ts'

const ready: DescribedDocument = {
  status: 'ready',
  stage: null,
  kind: 'pdf',
  source: 'upload',
  file_name: 'rules.pdf',
  url: null,
  chunks: 12,
  embedded: 0,
  bytes: 2_048,
  error: null,
}
const failed = (code: string): DescribedDocument => ({
  ...ready,
  status: 'failed',
  chunks: 0,
  error: { code, detail: 'The PDF is broken.', remedy: 'Save it again and replace this one.', retry_at: null },
})

describe('a document in words', () => {
  test('its state is a shape and words, with how far it is', () => {
    expect(describeProgress(ready)).toEqual({ kind: 'fine', words: 'Ready' })
    const embedding = { ...ready, status: 'processing', stage: 'embedding', embedded: 9 } as const
    expect(describeProgress(embedding)).toEqual({ kind: 'working', words: 'Embedding 9 of 12' })
    expect(shareDone(embedding)).toBe(0.75)
    expect(shareDone({ ...embedding, stage: 'reading' })).toBeUndefined()
    expect(describeProgress(failed('document.encrypted'))).toEqual({ kind: 'failed', words: 'Needs a password' })
    expect(describeProgress(failed('of.tomorrow')).words).toBe('Failed')
  })

  test('how it is found is told by what is indexed', () => {
    expect(describePassages(ready)).toBe('12 passages, found by words')
    expect(describePassages({ ...ready, embedded: 12 })).toBe('12 passages, found by words and meaning')
    expect(describePassages({ ...ready, chunks: 0 })).toBe('None yet')
  })

  test('what is wrong stands in the list, and what to do beside it; passing trouble says when it is tried again', () => {
    expect(describeLine(ready)).toMatch(/^PDF, 2.0\skB$/)
    expect(describeLine(failed('document.unreadable'))).toBe('The PDF is broken.')
    const now = new Date('2026-11-21T12:00:00Z')
    expect(describeTrouble(ready, now)).toBeUndefined()
    expect(describeTrouble(failed('document.unreadable'), now)).toMatchObject({
      title: 'Cannot be read',
      remedy: 'Save it again and replace this one.',
      isPassing: false,
    })
    const waiting: DescribedDocument = {
      ...ready,
      status: 'processing',
      stage: 'waiting',
      error: {
        code: 'retrieval.failed',
        detail: 'Pinecone is failing.',
        remedy: 'Test it.',
        retry_at: '2026-11-21T12:02:00Z',
      },
    }
    expect(describeTrouble(waiting, now)).toMatchObject({ isPassing: true })
    expect(describeTrouble(waiting, now)?.remedy).toStartWith('It is tried again by itself at ')
  })

  test('only a file that cannot be read asks for another one', () => {
    expect(needsAnotherFile(failed('document.no_text'))).toBe(true)
    expect(needsAnotherFile(failed('retrieval.failed'))).toBe(false)
    expect(needsAnotherFile(ready)).toBe(false)
  })
})

describe('a stretch of a long text', () => {
  test('is all of a short one, and else holds the passage', () => {
    expect(cutStretch({ length: 500, passage: undefined })).toEqual({ from: 0, to: 500 })
    expect(cutStretch({ length: 200_000, passage: undefined })).toEqual({ from: 0, to: 60_000 })
    expect(cutStretch({ length: 200_000, passage: { from: 100_000, to: 101_000 } })).toEqual({
      from: 70_500,
      to: 130_500,
    })
    expect(cutStretch({ length: 200_000, passage: { from: 199_900, to: 200_000 } })).toEqual({
      from: 140_000,
      to: 200_000,
    })
  })

  test('is widened to its ends and no further', () => {
    const stretch = { from: 30_000, to: 90_000 }
    expect(widenStretch({ length: 100_000, stretch, towards: 'start' })).toEqual({ from: 0, to: 90_000 })
    expect(widenStretch({ length: 100_000, stretch, towards: 'end' })).toEqual({ from: 30_000, to: 100_000 })
  })
})
