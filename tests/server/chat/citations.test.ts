import { describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { createCitationFilter } from '../../../server/answering/citations.ts'

/** What is shown of a text that arrives in these parts. */
function show(parts: string[], numbers: number[]): { shown: string; deltas: string[]; cited: number[] } {
  const filter = createCitationFilter(numbers)
  const deltas = [...parts.map((part) => filter.push(part)), filter.end()]
  return { shown: deltas.join(''), deltas, cited: filter.cited() }
}

function cut(text: string, places: number[]): string[] {
  const at = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b)
  return [0, ...at].map((from, index) => text.slice(from, at[index] ?? text.length))
}

const markersIn = (text: string): number[] => [...text.matchAll(/\[(\d{1,3})\]/g)].map((found) => Number(found[1]))
const pieces = fc.constantFrom(
  '[',
  ']',
  ' ',
  '1',
  '2',
  '9',
  '[1]',
  '[2]',
  '[9]',
  ' [12]',
  '[007]',
  'word',
  'a[0]',
  '.',
  'é\n',
)
const texts = fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join(''))
const splits = fc.array(fc.nat(200), { maxLength: 40 })
const known = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 4 })

describe('markers that name no source are removed', () => {
  test('however a text is split, no marker is left that names no source', () => {
    fc.assert(
      fc.property(texts, splits, known, (text, places, numbers) => {
        const { shown, cited } = show(cut(text, places), numbers)
        for (const n of markersIn(shown)) expect(numbers).toContain(n)
        expect(cited).toEqual([...new Set(markersIn(shown))])
      }),
      { numRuns: 3_000 },
    )
  })

  test('how a text is split changes nothing but a space before what was removed', () => {
    fc.assert(
      fc.property(texts, splits, known, (text, places, numbers) => {
        const whole = show([text], numbers)
        const split = show(cut(text, places), numbers)
        expect(split.shown.replaceAll(' ', '')).toBe(whole.shown.replaceAll(' ', ''))
        expect(split.cited).toEqual(whole.cited)
      }),
      { numRuns: 3_000 },
    )
  })

  test('a text without foreign markers passes unchanged, in any split', () => {
    const harmless = fc
      .array(fc.constantFrom('word ', 'items[i]', '[1]', ' [2]', '[x]', '[1234]', '](', '[ 9 ]', '99]'), {
        maxLength: 20,
      })
      .map((parts) => parts.join('-'))
    fc.assert(
      fc.property(harmless, splits, (text, places) => {
        expect(show(cut(text, places), [1, 2]).shown).toBe(text)
      }),
      { numRuns: 1_000 },
    )
  })

  test('at most five characters are held back, and nothing at the end', () => {
    fc.assert(
      fc.property(texts, splits, (text, places) => {
        const filter = createCitationFilter(Array.from({ length: 999 }, (_, n) => n))
        let given = 0
        let shown = 0
        for (const part of cut(text, places)) {
          given += part.length
          shown += filter.push(part).length
          expect(given - shown).toBeLessThanOrEqual(5)
        }
        expect(shown + filter.end().length).toBe(given)
      }),
      { numRuns: 1_000 },
    )
  })

  test('removing a marker does not make a new one of what was around it', () => {
    expect(show(['[[9]9]'], [1]).shown).toBe('[ 9]')
    expect(show(['[', '[9', ']', '9', '] x'], [1]).shown).toBe('[ 9] x')
    expect(show(['[9[8] [7]]'], [1]).shown).toBe('[9 ]')
    expect(show(['[[9]1]'], [1])).toMatchObject({ shown: '[ 1]', cited: [] })
  })

  test('cited holds each named source once, in order of its first mention', () => {
    const { cited, shown } = show(['See [2', '] and [1', '][2] but not [7]', '.'], [1, 2, 3])
    expect(shown).toBe('See [2] and [1][2] but not.')
    expect(cited).toEqual([2, 1])
  })

  test('in a fenced block of code nothing is a marker, in any split; behind it everything is again', () => {
    const code = fc.constantFrom('items[0] = 9', 'a[12][1]', ' [9]', '[1]', '', 'const x = [7]', '😀[3]', '~~ [9]')
    const blocks = fc.record({
      mark: fc.constantFrom('```', '~~~', '````', '   ```'),
      lines: fc.array(code, { maxLength: 6 }),
      text: fc.constantFrom('See [1] and [9].', 'Nothing 😀 [7] here', '[9]'),
    })
    fc.assert(
      fc.property(fc.array(blocks, { minLength: 1, maxLength: 4 }), splits, (given, places) => {
        const write = (clean: (text: string) => string): string =>
          given.map(({ mark, lines, text }) => [`${mark}ts`, ...lines, mark, clean(text)].join('\n')).join('\n')
        const { shown, cited } = show(
          cut(
            write((text) => text),
            places,
          ),
          [1],
        )
        expect(shown.replaceAll(' ', '')).toBe(write((text) => text.replace(/\[[79]\]/u, '')).replaceAll(' ', ''))
        expect(cited).toEqual(given.some(({ text }) => text.includes('[1]')) ? [1] : [])
      }),
      { numRuns: 3_000 },
    )
  })

  test('letters of several UTF-16 units pass whole, however a text is split', () => {
    const pieces = fc.array(fc.constantFrom('😀', '👨‍👩‍👧', 'é', '漢字', ' [1]', '[9]', '[', 'ß]'), { maxLength: 25 })
    fc.assert(
      fc.property(pieces, splits, (parts, places) => {
        const text = parts.join('')
        const { shown } = show(cut(text, places), [1])
        expect(shown.isWellFormed()).toBe(true)
        for (const letter of ['😀', '👨‍👩‍👧', 'é', '漢字', 'ß']) {
          expect(shown.split(letter)).toHaveLength(text.split(letter).length)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
