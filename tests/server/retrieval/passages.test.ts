import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { fuseRankings, numberPassages, type Passage, passageOfChunk } from '../../../server/answering/passages.ts'

const letters = fc.constantFrom('a', ' ', 'é', '😀', '👨‍👩‍👧', '漢', '\n', 'word ')

test('an excerpt is exactly what stands from start to end in the stored text, and never half a character', () => {
  fc.assert(
    fc.property(
      fc.array(letters, { maxLength: 40 }),
      fc.array(letters, { minLength: 1, maxLength: 3_000 }),
      (before, passage) => {
        const stored = `${before.join('')}${passage.join('')} and what follows`
        const start = before.join('').length
        const text = passage.join('')
        const found = passageOfChunk({
          chunkId: 'chunk',
          documentId: 'document',
          title: 'Title',
          url: null,
          heading: null,
          text,
          start,
          end: start + text.length,
          score: 1,
        })
        expect(stored.slice(found.start ?? 0, found.end ?? 0)).toBe(found.excerpt)
        expect(found.excerpt.isWellFormed()).toBe(true)
        expect(found.excerpt.length).toBeLessThanOrEqual(2_000)
        expect(found.excerpt.length).toBeGreaterThanOrEqual(Math.min(text.length, 1_999))
      },
    ),
    { numRuns: 300 },
  )
})

const passage = (id: string): Passage => ({
  document_id: null,
  chunk_id: id,
  title: null,
  url: null,
  excerpt: id,
  start: null,
  end: null,
  score: 0,
})
const rankings = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), { maxLength: 8 })
const weights = fc.constantFrom(0, 0.5, 1, 3)

test('fusion gives each passage once, best first, whatever the rankings; what is first in both stays first', () => {
  fc.assert(
    fc.property(rankings, rankings, weights, weights, (one, other, oneWeight, otherWeight) => {
      const fused = fuseRankings([
        { found: one.map(passage), weight: oneWeight },
        { found: other.map(passage), weight: otherWeight },
      ])
      const counted = [...(oneWeight > 0 ? one : []), ...(otherWeight > 0 ? other : [])]
      expect(fused.map(({ chunk_id }) => chunk_id).toSorted()).toEqual([...new Set(counted)].toSorted())
      const scores = fused.map(({ score }) => score)
      expect(scores).toEqual(scores.toSorted((a, b) => b - a))
      if (oneWeight > 0 && otherWeight > 0 && one[0] !== undefined && one[0] === other[0]) {
        expect(fused[0]?.chunk_id).toBe(one[0])
      }
      expect(numberPassages(fused, 3).map(({ n }) => n)).toEqual([1, 2, 3].slice(0, fused.length))
    }),
    { numRuns: 1_000 },
  )
})
