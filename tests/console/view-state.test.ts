import { describe, expect, test } from 'bun:test'
import {
  choiceField,
  defineView,
  flagField,
  integerField,
  listField,
  optionalField,
  parseSearch,
  stringifySearch,
  textField,
} from '../../console/src/lib/view-state.ts'

const view = defineView({
  q: textField(),
  range: choiceField(['24h', '7d', '30d'], '7d'),
  model: listField(),
  version: integerField(),
  compare: flagField(),
  open: optionalField(),
})
const read = (address: string) => view.fill(view.validate(parseSearch(address)))

describe('the view state in an address', () => {
  test('defaults are left out', () => {
    expect(view.validate({ q: '', range: '7d', model: [], compare: false })).toEqual({})
    expect(stringifySearch(view.validate({ range: '7d' }))).toBe('')
  })

  test('what is written is read again, in readable words', () => {
    const state = {
      q: 'kep pro',
      range: '30d',
      model: ['gpt-4.1', 'gpt-4.1-mini'],
      version: 12,
      compare: true,
      open: 'a',
    } as const
    const address = stringifySearch(view.validate(state))
    expect(address).toBe('?q=kep+pro&range=30d&model=gpt-4.1,gpt-4.1-mini&version=12&compare=yes&open=a')
    expect(read(address)).toEqual({ ...state, model: [...state.model] })
  })

  test.each(['7', 'true', 'null', '{"a":1}', 'a&b=c#d?e', 'ä ✓ +'])('a search for %p stays that text', (q) => {
    expect(read(stringifySearch(view.validate({ q }))).q).toBe(q)
  })

  test('what is unknown or unreadable is a default', () => {
    expect(read('?range=99y&version=x&compare=maybe&evil=1&__proto__=1')).toEqual(read(''))
    expect(view.validate(parseSearch('?evil=1'))).toEqual({})
  })

  test('an over-long search is cut', () => {
    expect(read(`?q=${'x'.repeat(5000)}`).q).toHaveLength(200)
  })
})
