import type { ProblemWords } from '../api/problem-words.ts'
import { describeProblem, type ApiProblem } from '../api/problem.ts'
import { formatCount, formatDuration, formatPlural } from '../lib/numbers.ts'

/** What is read of a store's place. */
export interface Place {
  isolation: 'pooled' | 'dedicated'
  database_server_id: string | null
}

/** What is read of a move to tell of it. */
export interface ToldMove {
  source: Place
  target: Place
  step: 'preparing' | 'copying' | 'pausing' | 'moved' | 'aborted' | 'failed'
  rows_total: number
  rows_copied: number
  paused_ms: number | null
  failure: string | null
}

/** What a database server is called, by its id; undefined when that is not known, or there is only one. */
export type NameServer = (id: string) => string | undefined

/** Where a store is, to stand after “to”: “the shared database”, “a database of its own on eu-db-2”. */
export function describePlace(place: Place, nameServer: NameServer): string {
  if (place.isolation === 'pooled') return 'the shared database'
  const server = place.database_server_id === null ? undefined : nameServer(place.database_server_id)
  return `a database of its own${server === undefined ? '' : ` on ${server}`}`
}

/** What goes on in a running move: “Copying rows: 1,200 of 3,000”. */
export function describeStep(move: Pick<ToldMove, 'step' | 'rows_copied' | 'rows_total'>): string {
  switch (move.step) {
    case 'preparing':
      return 'Making its new place ready'
    case 'copying': {
      const { rows_copied: copied, rows_total: total } = move
      // What is written meanwhile is copied, too: more may arrive than was counted at first.
      return `Copying rows: ${formatCount(copied)} of ${formatCount(Math.max(total, copied))}`
    }
    case 'pausing':
      return 'Switching over: writes wait for a moment'
    default:
      return 'Ended'
  }
}

/** How far a running move is, 0 to 1, for its bar; the copy is nearly all of it. */
export function shareOf(move: Pick<ToldMove, 'step' | 'rows_copied' | 'rows_total'>): number {
  if (move.step === 'preparing') return 0.02
  if (move.step !== 'copying') return 1
  const copied = move.rows_total === 0 ? 1 : Math.min(1, move.rows_copied / move.rows_total)
  return 0.04 + copied * 0.92
}

/** How a move ended: what happened, then what it means. Undefined while it goes on. */
export function describeEnd(move: ToldMove, nameServer: NameServer): ProblemWords | undefined {
  const stays = `It stays in ${describePlace(move.source, nameServer)}; nothing was lost.`
  switch (move.step) {
    case 'moved': {
      const waited =
        move.paused_ms === null ? '' : ` Writes waited ${formatDuration(move.paused_ms)}, reads not at all.`
      return {
        title: `Moved to ${describePlace(move.target, nameServer)}.`,
        advice: `${formatPlural(move.rows_copied, 'row')} copied.${waited}`,
      }
    }
    case 'aborted':
      return { title: 'The move was ended early.', advice: stays }
    case 'failed':
      return {
        title: 'The move failed.',
        advice: `${toSentence(move.failure ?? 'The server did not say why.')} ${stays} Move it again once that is mended.`,
      }
    default:
      return undefined
  }
}

/** Why a move was not begun, or not ended. */
export function describeRefusedMove(problem: ApiProblem): ProblemWords {
  switch (problem.code) {
    case 'tenant.dedicated_unavailable':
      return { title: 'No database of its own can be made there now.', advice: problem.message }
    case 'tenant.move_refused':
      return { title: 'It cannot be moved now.', advice: problem.message }
    case 'move.not_found':
      return { title: 'The move is over already.', advice: 'How it ended stands in its settings.' }
    default:
      return describeProblem({ problem, attempt: 'other' })
  }
}

function toSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}
