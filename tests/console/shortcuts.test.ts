import { describe, expect, test } from 'bun:test'
import { markWords, matchesWords } from '../../console/src/lib/match-words.ts'
import { createKeyMatcher, describeKeys, toAriaKeys, type KeyPress } from '../../console/src/lib/shortcuts.ts'

function start(shortcuts: readonly string[]) {
  const clock = { nowMs: 0 }
  const matcher = createKeyMatcher({ nowMs: () => clock.nowMs })
  const press = (key: string, more: Partial<KeyPress> = {}) =>
    matcher.press(
      { key, metaKey: false, ctrlKey: false, altKey: false, shiftKey: false, typing: false, ...more },
      shortcuts,
    )
  return { clock, press }
}

describe('shortcuts', () => {
  test('a sequence needs both keys in time', () => {
    const { clock, press } = start(['G H', 'H'])
    expect(press('g')).toBeUndefined()
    expect(press('h')).toBe('G H')
    expect(press('h')).toBe('H')
    press('g')
    clock.nowMs += 5000
    expect(press('h')).toBe('H')
  })

  test('a key that does not go on with a sequence counts for itself', () => {
    const { press } = start(['G H', 'N'])
    press('g')
    expect(press('n')).toBe('N')
  })

  test('nothing but ⌘ works while somebody writes', () => {
    const { press } = start(['N', '/', 'Mod+K', 'Shift+D'])
    for (const key of ['n', '/']) expect(press(key, { typing: true })).toBeUndefined()
    expect(press('D', { typing: true, shiftKey: true })).toBeUndefined()
    expect(press('k', { typing: true, metaKey: true })).toBe('Mod+K')
    expect(press('k', { typing: true, ctrlKey: true })).toBe('Mod+K')
  })

  test('Shift tells letters apart, but not signs; Alt never matches', () => {
    const { press } = start(['T', 'Shift+T', '?', '['])
    expect(press('t')).toBe('T')
    expect(press('T', { shiftKey: true })).toBe('Shift+T')
    expect(press('?', { shiftKey: true })).toBe('?')
    expect(press('[')).toBe('[')
    expect(press('t', { altKey: true })).toBeUndefined()
    expect(press('t', { ctrlKey: true })).toBeUndefined()
  })

  test('caps are those of the machine', () => {
    expect(describeKeys('Mod+K', true)).toEqual(['⌘', 'K'])
    expect(describeKeys('Mod+K', false)).toEqual(['Ctrl', 'K'])
    expect(describeKeys('Shift+D', true)).toEqual(['⇧', 'D'])
    expect(describeKeys('G H', true)).toEqual(['G', 'H'])
    expect(toAriaKeys('Mod+K', true)).toBe('Meta+K')
    expect(toAriaKeys('G H', true)).toBeUndefined()
  })
})

describe('the words of the palette', () => {
  test('match anywhere, each of them', () => {
    expect(matchesWords('Kepler Health / Prompt', 'kep pro')).toBe(true)
    expect(matchesWords('Kepler Health / Prompt', 'kep usage')).toBe(false)
  })

  test('are marked without changing the text, also when they are signs of a pattern', () => {
    for (const search of ['kep pro', '(', '.*', 'a|b', '\\', '[', 'x-y', '/']) {
      const text = 'Kepler Health / Prompt (a|b) [x-y] .* \\'
      expect(
        markWords(text, search)
          .map((part) => part.text)
          .join(''),
      ).toBe(text)
    }
    expect(markWords('Kepler Prompt', 'kep pro').filter((part) => part.matched)).toEqual([
      { text: 'Kep', matched: true },
      { text: 'Pro', matched: true },
    ])
  })
})
