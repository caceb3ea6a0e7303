import { expect, test } from 'bun:test'
import {
  answerBytesMax,
  countCallTokens,
  estimateTokens,
  measurePromptTokens,
  measureTokens,
} from '../../../server/answering/token-estimate.ts'
import type { ChatMessage } from '../../../server/external/language-model.ts'

const user = (content: string): ChatMessage => ({ role: 'user', content })

/** The same random letters in every run: what a tokenizer finds hardest. */
function makeLetters(length: number): string {
  let state = 42
  return Array.from({ length }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return String.fromCharCode(97 + (Math.floor(state / 65_536) % 26))
  }).join('')
}

test('short texts are counted exactly', async () => {
  const counted = await countCallTokens({ messages: [user('Hello world')], completion: 'Hello world, again' })
  expect(counted).toEqual({ promptTokens: 3 + 2 + 4, completionTokens: 4 })
  expect(await countCallTokens({ messages: [], completion: '' })).toEqual({ promptTokens: 3, completionTokens: 0 })
})

test('only the answer and the newest messages are tokenized, 40,000 characters altogether; the rest is measured', async () => {
  const old = makeLetters(32_000)
  const recent = 'Hello world '.repeat(2_500)
  const counted = await countCallTokens({ messages: [user(old), user(recent)], completion: 'Hello world' })
  const exact = await countCallTokens({ messages: [user(recent)], completion: '' })
  expect(counted.completionTokens).toBe(2)
  // Two letters a token, near enough.
  expect(counted.promptTokens - exact.promptTokens).toBeWithin(32_000 * 0.45, 32_000 * 0.75)
  expect(exact.promptTokens).toBeLessThan(estimateTokens(recent) * 0.8)
})

test('C6: whatever a prompt is made of, what is set aside for it is hardly less than it takes, and not twice as much', async () => {
  const pick = (characters: string[], length: number): string => {
    const letters = makeLetters(length)
    return Array.from(
      letters,
      (letter, at) => characters[(letter.charCodeAt(0) * 31 + at * 7) % characters.length],
    ).join('')
  }
  const script = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => String.fromCodePoint(from + n))
  const hard: Record<string, string> = {
    digits: '1 '.repeat(8_000),
    letters: makeLetters(8_000),
    signs: pick('!@#$%^&*()-+=[]{};:,.<>?/|~`'.split(''), 8_000),
    cuneiform: pick(script(0x12000, 0x12300), 3_000),
    'rare Chinese': pick(script(0x3400, 0x4db0), 3_000),
    'a short one': '1 2 3 4 5 6 7 8 9 '.repeat(20),
    prose: 'The quick brown fox jumps over the lazy dog and goes home. '.repeat(100),
    'prose around digits': `${'It goes home to sleep for the night. '.repeat(100)}${'7 '.repeat(4_000)}`,
  }
  for (const [name, text] of Object.entries(hard)) {
    const { promptTokens: real } = await countCallTokens({ messages: [user(text)], completion: '' })
    let set = 0
    for (let n = 0; n < 40; n++) set += await measurePromptTokens([user(text)])
    const ratio = set / 40 / real
    expect({ name, ratio, isNear: ratio > 0.97 && ratio < 2 }).toMatchObject({ isNear: true })
  }
  expect(await measureTokens([])).toBe(0)
  expect(await measureTokens(['', ''])).toBe(0)
})

test('the event loop turns while a long prompt is counted', async () => {
  await countCallTokens({ messages: [], completion: 'the tables are loaded' })
  let turns = 0
  let isCounting = true
  const turn = (): void => {
    turns += 1
    if (isCounting) setImmediate(turn)
  }
  setImmediate(turn)
  const messages = Array.from({ length: 10 }, () => user(makeLetters(32_000)))
  const { promptTokens } = await countCallTokens({ messages, completion: makeLetters(8_000) })
  isCounting = false
  expect(promptTokens).toBeGreaterThan(90_000)
  // Ten pieces of 4,000 characters.
  expect(turns).toBeGreaterThanOrEqual(10)
})

test('an answer is bounded by the tokens asked for, by 2 MiB, and never below 4 kB', () => {
  expect([answerBytesMax(4_096), answerBytesMax(200_000), answerBytesMax(1)]).toEqual([65_536, 2_097_152, 4_096])
})
