import type { Attempt, AttemptKind, AttemptPlan } from './attempt.ts'
import { type Asker, attempt, type Servers } from './chat-client.ts'

/** Clients that ask one question after the other until they are told to end. */
export interface Load {
  /** Every attempt that has ended, in the order of their ends. */
  readonly attempts: Attempt[]
  /** Resolves once nobody asks any more. */
  stop(): Promise<void>
}

/** What a client does, in turns; one in some is stopped, left, or loses its connection. */
const turns: { kind: AttemptKind; plan: AttemptPlan }[] = [
  { kind: 'stream', plan: 'read' },
  { kind: 'chat', plan: 'read' },
  { kind: 'stream', plan: 'drop' },
  { kind: 'v1-stream', plan: 'read' },
  { kind: 'stream', plan: 'stop' },
  { kind: 'v1', plan: 'read' },
  { kind: 'stream', plan: 'read' },
  { kind: 'stream', plan: 'leave' },
  { kind: 'v1-stream', plan: 'leave' },
]
/** Every so many turns a client begins a new conversation. */
const conversationTurns = 5
const restedAfterRefusalMs = 200
const words = ['größer', 'naïve', '値段', '🙂', 'cents', 'a "quote"', 'back\\slash', '<b>', 'tab\tbed', 'line\nbroken']

/** Starts the load. */
export function startLoad(askers: Asker[], servers: Servers): Load {
  const attempts: Attempt[] = []
  const ending = new AbortController()

  async function keepAsking(asker: Asker, at: number): Promise<void> {
    let sessionId: string | undefined
    for (let turn = at; !ending.signal.aborted; turn++) {
      const { kind, plan } = turns[turn % turns.length] ?? { kind: 'chat', plan: 'read' }
      const key = `${asker.name}-${turn}.`
      if (turn % conversationTurns === 0) sessionId = undefined
      const made = await attempt(asker, servers, { key, kind, plan, question: makeQuestion(key, turn), sessionId })
      attempts.push(made)
      sessionId = made.sessionId ?? sessionId
      if (made.ending === 'problem' || made.ending === 'unreached') await Bun.sleep(restedAfterRefusalMs)
    }
  }

  const asking = Promise.all(askers.map((asker, at) => keepAsking(asker, at)))
  return {
    attempts,
    async stop() {
      ending.abort()
      await asking
    },
  }
}

/** A question of some length, for the model says it back. */
function makeQuestion(key: string, turn: number): string {
  const length = 20 + ((turn * 7) % 30)
  return `${key} ${Array.from({ length }, (_, n) => words[(turn + n) % words.length]).join(' ')}`
}
