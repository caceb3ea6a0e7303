/** How a client asks. */
export type AttemptKind = 'stream' | 'chat' | 'v1' | 'v1-stream'
/** What a client does with the answer: reads it, loses its connection and comes back, stops it, or leaves for good. */
export type AttemptPlan = 'read' | 'drop' | 'stop' | 'leave'

/**
 * How an attempt ended for its client: `done` whole, `stopped` on demand, `left` of its own accord, `problem` a typed
 * refusal or `error` event, `cut` without a word (and there was nothing to come back to), `unreached` when no server
 * took the connection, `hung` when nothing came for too long.
 */
export type AttemptEnding = 'done' | 'stopped' | 'left' | 'problem' | 'cut' | 'unreached' | 'hung'

/** What was counted, as a client is told. */
export interface ToldUsage {
  prompt_tokens: number
  completion_tokens: number
  /** The routes for OpenAI's clients do not tell it. */
  cost_micro_usd?: number | null
}

/** One question of a client, and everything that it saw of the answer. */
export interface Attempt {
  /** In the question's text and nowhere else. */
  key: string
  client: string
  tenant: string
  kind: AttemptKind
  plan: AttemptPlan
  question: string
  ending: AttemptEnding
  /** Of the response that began it; undefined when none came. */
  status: number | undefined
  /** Of the problem that ended it. */
  code: string | undefined
  requestId: string | undefined
  sessionId: string | undefined
  streamId: string | undefined
  /** The answer's; the question's id is not told. */
  messageId: string | undefined
  answer: string
  usage: ToldUsage | undefined
  /** How often it was taken up again. */
  resumed: number
  /** What no server may do, such as leaving out an event. */
  faults: string[]
  /** Until the response began, or was refused. */
  beganAfterMs: number
  endedAfterMs: number
}

/** Whether the server has acknowledged the question: `start` was seen, or a whole answer. */
export function isAcknowledged(attempt: Attempt): boolean {
  return attempt.messageId !== undefined || attempt.streamId !== undefined || attempt.ending === 'done'
}

/** How many there are of each. */
export function tally(names: string[]): string {
  const groups = Object.entries(Object.groupBy(names, (name) => name))
  return groups
    .toSorted(([, a], [, b]) => (b?.length ?? 0) - (a?.length ?? 0))
    .map(([name, all]) => `${all?.length} ${name}`)
    .join(', ')
}
