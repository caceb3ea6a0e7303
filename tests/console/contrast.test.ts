import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'

const css = readFileSync(new URL('../../console/src/styles/tokens.css', import.meta.url), 'utf8')
const light = readTokens(':root {')
const themes = { light, dark: { ...light, ...readTokens('[data-theme="dark"] {', "[data-theme='dark'] {") } }

const surfaces = ['canvas', 'sheet', 'raised', 'sunken', 'hover']
const softs = ['accent-soft', 'warn-soft', 'danger-soft']
const textPairs = [
  ...['ink', 'ink-2', 'ink-3', 'accent-text'].flatMap((text) => surfaces.map((surface) => [text, surface])),
  ...['ink', 'ink-2'].flatMap((text) => [...softs, 'ins-soft', 'del-soft'].map((surface) => [text, surface])),
  ...['sheet', 'raised', 'sunken'].flatMap((surface) => ['warn', 'danger'].map((text) => [text, surface])),
  ['accent-text', 'accent-soft'],
  ['warn', 'warn-soft'],
  ['danger', 'danger-soft'],
  ['on-accent', 'accent'],
  ['on-accent', 'accent-hover'],
  ['on-danger', 'danger-solid'],
  ['on-danger', 'danger-hover'],
]
const shapePairs = [
  ...['field', 'accent', 'danger'].flatMap((shape) => ['sheet', 'raised', 'sunken'].map((surface) => [shape, surface])),
  ...['chart-1', 'chart-2', 'chart-3', 'chart-4', 'chart-5', 'chart-other'].map((series) => [series, 'sheet']),
]

describe.each(Object.entries(themes))('in the %s theme', (_theme, tokens) => {
  test.each(textPairs)('text in %s on %s reaches 4.5:1', (text = '', surface = '') => {
    expect(findContrast(tokens[text], tokens[surface])).toBeGreaterThanOrEqual(4.5)
  })

  test.each(shapePairs)('%s on %s reaches 3:1', (shape = '', surface = '') => {
    expect(findContrast(tokens[shape], tokens[surface])).toBeGreaterThanOrEqual(3)
  })
})

test('no colour is written outside the tokens', async () => {
  const sources = new Bun.Glob('**/*.{ts,tsx,css}').scan({
    cwd: new URL('../../console/src', import.meta.url).pathname,
  })
  let visited = 0
  for await (const path of sources) {
    if (path === 'styles/tokens.css') continue
    visited++
    const source = readFileSync(new URL(`../../console/src/${path}`, import.meta.url), 'utf8')
    expect([path, source.match(/#[\da-f]{3,8}\b(?!['"]?\))|\b(?:rgb|hsl|oklch)a?\(/gi)]).toEqual([path, null])
  }
  expect(visited).toBeGreaterThan(30)
})

/** The colours of one theme, from its first block. */
function readTokens(...heads: string[]): Record<string, string> {
  const start = Math.max(...heads.map((head) => css.indexOf(head)))
  expect(start).toBeGreaterThanOrEqual(0)
  const block = css.slice(start, css.indexOf('}', start))
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[\da-f]{6});/g)].map(([, name, value]) => [name, value]))
}

/** WCAG 2.2 contrast ratio of two hexadecimal colours. */
function findContrast(a: string | undefined, b: string | undefined): number {
  const [high = 0, low = 0] = [findLuminance(a), findLuminance(b)].sort((x, y) => y - x)
  return (high + 0.05) / (low + 0.05)
}

function findLuminance(colour: string | undefined): number {
  if (!colour) throw new Error('a token is missing')
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
