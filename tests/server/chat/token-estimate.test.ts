import { expect, test } from 'bun:test'
import { answerBytesMax, countCallTokens, estimateTokens } from '../../../server/answering/token-estimate.ts'
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

test('only the answer and the newest messages are tokenized, 40,000 characters altogether; the rest is estimated', async () => {
  const old = makeLetters(32_000)
  const recent = 'Hello world '.repeat(2_500)
  const counted = await countCallTokens({ messages: [user(old), user(recent)], completion: 'Hello world' })
  const exact = await countCallTokens({ messages: [user(recent)], completion: '' })
  expect(counted).toEqual({ completionTokens: 2, promptTokens: exact.promptTokens + estimateTokens(old) + 4 })
  expect(exact.promptTokens).toBeLessThan(estimateTokens(recent) * 0.8)
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
