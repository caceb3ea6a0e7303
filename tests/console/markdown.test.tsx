import { describe, expect, test } from 'bun:test'
import { renderToStaticMarkup } from 'react-dom/server'
import { MarkdownView } from '../../console/src/ui/markdown-view.tsx'

const show = (text: string, streaming = false): string =>
  renderToStaticMarkup(<MarkdownView text={text} streaming={streaming} sources={[1, 2]} onSource={() => undefined} />)

/** The elements that came out, with their attributes. */
const tagsOf = (html: string): string[] => html.match(/<[a-z][^>]*>/g) ?? []

describe('what a model wrote', () => {
  test.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<iframe src="https://evil.example"></iframe>',
    '<style>*{display:none}</style>',
    '<a href="javascript:alert(1)">x</a>',
    'text <b onclick="alert(1)">bold</b>',
    '<svg onload=alert(1)>',
    '<details open ontoggle=alert(1)>',
    '<form action="https://evil.example"><input></form>',
    '![pixel](https://evil.example/p.png)',
    '![pixel][ref]\n\n[ref]: https://evil.example/p.png',
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](&#106;avascript:alert(1))',
    '[x](data:text/html,<script>alert(1)</script>)',
    '[x](vbscript:x)',
    '[x](//evil.example)',
    '[x](/console/users)',
    '<javascript:alert(1)>',
    '```mermaid\ngraph TD; A-->B\n```',
    '```html\n<script>alert(1)</script>\n```',
    '$$\\href{javascript:alert(1)}{x}$$',
  ])('%p runs nothing and fetches nothing', (text) => {
    for (const streaming of [false, true]) {
      for (const tag of tagsOf(show(text, streaming))) {
        expect(tag).not.toMatch(/^<(script|img|iframe|style|svg|form|input|details|object|embed|link|meta|video|audio)/)
        expect(tag).not.toMatch(/\son\w+=|\ssrc=|\ssrcset=|\saction=|javascript:|data:text|vbscript:|evil\.example/i)
      }
    }
  })

  test('is shown: HTML as its text, pictures by their words, links to the web', () => {
    expect(show('a <b>c</b>')).toContain('&lt;b&gt;c&lt;/b&gt;')
    expect(show('![a cat](https://evil.example/p.png)')).toContain('a cat')
    const link = tagsOf(show('[x](https://a.example/p?q=1)')).find((tag) => tag.startsWith('<a'))
    expect(link).toContain('href="https://a.example/p?q=1"')
    expect(link).toContain('noopener noreferrer')
    expect(show('**bold**, *soft*\n\n- one\n- two\n\n| a | b |\n| - | - |\n| 1 | 2 |')).toMatch(/<strong>.*<li>.*<td>/s)
  })

  test('cites only sources there are, and never inside code', () => {
    const html = show('Yes [1]. No [3]. `[1]`\n\n```\n[2]\n```')
    expect(html.match(/Open source \d/g)).toEqual(['Open source 1'])
    expect(html).toContain('[3]')
    expect(html).toContain('[2]')
  })
})
