import { call } from '../call.ts'
import { type Attempt, isAcknowledged } from './attempt.ts'
import type { Asker } from './chat-client.ts'

/** A message as its owner reads it. */
interface Message {
  id: string
  role: 'user' | 'assistant'
  content: string
  status: string
}

/** What was found in the conversations, and what of it must not be. */
export interface MessagesProof {
  messages: number
  /** Half answers of servers that were killed: found again, and how many characters of what was read they lack. */
  halves: { kept: number; lost: number; charactersMissing: number }
  violations: string[]
}

/**
 * Reads all conversations of all askers and compares them with what they saw: each acknowledged question is there once,
 * each answer that ended is there once with the very text that was read; what was refused is not there; nothing is
 * there that nobody asked.
 * @param asked.leftBehind streams whose server did not live to store them
 */
export async function proveMessages(
  server: { url: string },
  asked: { askers: Asker[]; attempts: Attempt[]; leftBehind: Set<string> },
): Promise<MessagesProof> {
  const { askers, attempts } = asked
  const violations: string[] = []
  const halves = { kept: 0, lost: 0, charactersMissing: 0 }
  let messages = 0
  for (const asker of askers) {
    const own = attempts.filter(({ client }) => client === asker.name)
    const found = await readConversations(server, asker)
    messages += found.length
    const byId = new Map(found.map((message) => [message.id, message]))
    const questions = Map.groupBy(
      found.filter(({ role }) => role === 'user'),
      ({ content }) => content,
    )
    for (const attempt of own) {
      const complain = (what: string): void => void violations.push(`${describe(attempt)}: ${what}`)
      const times = questions.get(attempt.question)?.length ?? 0
      questions.delete(attempt.question)
      if (attempt.kind === 'v1' || attempt.kind === 'v1-stream') {
        if (times > 0) complain('is kept, and must not be')
        continue
      }
      const wasRefused = attempt.ending === 'problem' && !isAcknowledged(attempt)
      if (isAcknowledged(attempt) && times !== 1) complain(`its question is there ${times} times`)
      if ((wasRefused || attempt.ending === 'unreached') && times > 0)
        complain('was refused, and its question is there')
      if (times > 1) complain(`its question is there ${times} times`)
      if (attempt.messageId !== undefined)
        judgeAnswer(attempt, byId.get(attempt.messageId), {
          complain,
          halves,
          isLeftBehind: asked.leftBehind.has(attempt.streamId ?? ''),
        })
    }
    for (const [content] of questions) violations.push(`${asker.name}: nobody asked ${content.slice(0, 40)}`)
  }
  return { messages, halves, violations }
}

function judgeAnswer(
  attempt: Attempt,
  stored: Message | undefined,
  found: { complain: (what: string) => void; halves: MessagesProof['halves']; isLeftBehind: boolean },
): void {
  const { complain, halves } = found
  const { answer, ending } = attempt
  if (found.isLeftBehind && ending !== 'done') {
    if (!stored) {
      if (answer !== '') halves.lost += 1
      return
    }
    halves.kept += 1
    halves.charactersMissing += Math.max(0, answer.length - stored.content.length)
    const isPart = stored.content.startsWith(answer) || answer.startsWith(stored.content)
    if (!isPart) complain('what is kept of its answer is something else')
    return
  }
  if (!stored) return complain('its answer is lost')
  const isOver = ending === 'done' || ending === 'stopped'
  if (isOver && stored.content !== answer) complain(`its answer is kept as ${JSON.stringify(stored.content)}`)
  if (!isOver && !stored.content.startsWith(answer)) complain('what was read of its answer is not what is kept')
  const expected = ending === 'done' ? ['completed'] : ending === 'stopped' ? ['aborted'] : undefined
  if (expected && !expected.includes(stored.status)) complain(`its answer is kept as ${stored.status}`)
  if (ending === 'done' && !answer.startsWith(`You said: ${attempt.question}`)) complain('is not what the model said')
}

async function readConversations(server: { url: string }, { token }: Asker): Promise<Message[]> {
  const sessions = await readAll<{ id: string }>(server, '/chat/sessions', token)
  const all = await Promise.all(
    sessions.map(({ id }) => readAll<Message>(server, `/chat/sessions/${id}/messages`, token)),
  )
  return all.flat()
}

async function readAll<T>(server: { url: string }, path: string, token: string): Promise<T[]> {
  const items: T[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page = await call(server, `GET ${path}?limit=100${cursor && `&cursor=${cursor}`}`, { token })
    if (page.status !== 200) throw new Error(`${path} answered ${page.text}`)
    items.push(...page.body.items)
    cursor = page.body.next_cursor
  }
  return items
}

function describe({ key, kind, plan, ending, code }: Attempt): string {
  return `${key} ${kind} ${plan} → ${ending}${code ? ` ${code}` : ''}`
}
