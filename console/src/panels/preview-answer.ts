import type { ChatEvent, Source, StreamUsage } from '../api/chat-stream.ts'
import type { ProblemWords } from '../api/problem-words.ts'
import { describeProblem, type ApiProblem } from '../api/problem.ts'
import { describeScore, findStrength } from './search-score.ts'

/** How far a test answer is. `empty` is before the first question, `stopped` by the reader, `failed` by anything else. */
export type AnswerPhase = 'empty' | 'waiting' | 'streaming' | 'done' | 'stopped' | 'failed'

/** A source of a test answer, and how strong it is. */
export interface FoundSource extends Source {
  /** Its score beside the best one of this answer, from 0 to 1; undefined where scores only stand for ranks. */
  strength: number | undefined
  /** “Similarity 0.8123”; undefined when it has no score. */
  scoreWords: string | undefined
}

/** A test answer as far as it has come. */
export interface Answer {
  phase: AnswerPhase
  /** Markdown. */
  text: string
  sources: readonly FoundSource[]
  /** How the sources were found; undefined when nothing was searched. */
  search: { mode: string; degraded: boolean } | undefined
  /** From asking to the first words; undefined before them. */
  firstTokenMs: number | undefined
  /** Undefined until the answer is complete. */
  usage: StreamUsage | undefined
  /** The numbers of the sources that it names. */
  cited: readonly number[]
  /** It reached the longest answer that the tenant allows. */
  isCutShort: boolean
  problem: ApiProblem | undefined
}

/** Before the first question. */
export const noAnswer: Answer = {
  phase: 'empty',
  text: '',
  sources: [],
  search: undefined,
  firstTokenMs: undefined,
  usage: undefined,
  cited: [],
  isCutShort: false,
  problem: undefined,
}

/** Asked, but nothing has come yet. */
export const awaitedAnswer: Answer = { ...noAnswer, phase: 'waiting' }

/**
 * The answer after the next event of its stream.
 * @param next.ms since it was asked for; undefined when that is not known, as after a reload
 */
export function takeEvent(answer: Answer, next: { event: ChatEvent; ms: number | undefined }): Answer {
  const { event, ms } = next
  switch (event.event) {
    case 'sources': {
      const { sources, mode, degraded } = event.data
      return { ...answer, sources: weighSources(sources, mode), search: { mode, degraded: degraded !== null } }
    }
    case 'delta': {
      const text = answer.text + event.data.text
      const cited = findCited({ text, sources: answer.sources })
      return { ...answer, phase: 'streaming', text, cited, firstTokenMs: answer.firstTokenMs ?? ms }
    }
    case 'usage':
      return { ...answer, usage: event.data }
    case 'done':
      return {
        ...answer,
        phase: event.data.finish_reason === 'stopped' ? 'stopped' : 'done',
        cited: event.data.cited,
        isCutShort: event.data.finish_reason === 'length',
      }
    default:
      return answer
  }
}

/** The answer when its reader stopped it: what came stays. */
export function stopAnswer(answer: Answer): Answer {
  return { ...answer, phase: 'stopped' }
}

/** The answer when its stream failed: what came stays. */
export function failAnswer(answer: Answer, problem: ApiProblem): Answer {
  return { ...answer, phase: 'failed', problem }
}

/** Whether more may come. */
export function isUnderWay(answer: Answer): boolean {
  return answer.phase === 'waiting' || answer.phase === 'streaming'
}

/** What a reader of the screen hears about an answer: its start, its end or its failure, never its words. */
export function announceAnswer(answer: Answer, name: string): string {
  if (answer.phase === 'failed') {
    const { title, advice } = describeAnswerProblem(answer.problem)
    return `${name}: the answer failed. ${title} ${advice}`
  }
  const said = announcements[answer.phase]
  return said === '' ? '' : `${name}: ${said}`
}

const announcements: Record<Exclude<AnswerPhase, 'failed'>, string> = {
  empty: '',
  waiting: 'asked.',
  streaming: 'the answer has begun.',
  done: 'the answer is complete.',
  stopped: 'the answer was stopped.',
}

/** The sentence for an answer that failed; the server's own words name the cause at the model's provider. */
export function describeAnswerProblem(problem: ApiProblem | undefined): ProblemWords {
  if (problem === undefined) return { title: 'The answer failed.', advice: 'Ask again.' }
  const limited = limitTitles[problem.code]
  if (limited !== undefined) return { title: limited, advice: problem.message }
  if (problem.code.startsWith('model.') || problem.code.startsWith('limit.')) {
    const [title = '', ...advice] = problem.message.split(/(?<=\.)\s/)
    return { title, advice: advice.join(' ') || 'Ask again in a moment.' }
  }
  if (problem.code === 'retrieval.failed') {
    return { title: problem.message, advice: 'Test the Pinecone connection, or ask without sources.' }
  }
  return describeProblem({ problem, attempt: 'other' })
}

const limitTitles: Record<string, string> = {
  'limit.requests_per_minute': 'Too many requests in this minute.',
  'limit.tokens_per_minute': 'Too many tokens in this minute.',
  'limit.concurrent_streams': 'Too many answers at the same time.',
  'limit.tokens_per_month': 'The tokens of this month are used up.',
  'limit.cost_per_month_micro_usd': 'The budget of this month is used up.',
}

function weighSources(sources: readonly Source[], mode: string): FoundSource[] {
  const best = Math.max(0, ...sources.map(({ score }) => score ?? 0))
  return sources.map((source) => {
    const { score } = source
    if (score === null) return { ...source, strength: undefined, scoreWords: undefined }
    return { ...source, strength: findStrength({ mode, score, best }), scoreWords: describeScore({ mode, score }) }
  })
}

function findCited(options: { text: string; sources: readonly Source[] }): readonly number[] {
  if (options.sources.length === 0) return []
  const named = new Set(Array.from(options.text.matchAll(/\[(\d{1,3})\]/g), ([, n]) => Number(n)))
  return options.sources.flatMap(({ n }) => (named.has(n) ? [n] : []))
}
