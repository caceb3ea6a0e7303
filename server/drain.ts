import type { Server } from 'bun'
import type { OpenAnswers } from './answering/open-answers.ts'
import { defineError } from './platform/errors.ts'
import type { Log } from './platform/log.ts'

/** The server is about to end; another one answers. */
export const serverStopping = defineError({
  code: 'server.stopping',
  status: 503,
  title: 'The server is stopping',
})

/** When what happens, in milliseconds from the beginning. */
export interface DrainTimes {
  /** Until then it stays even if there is nothing to wait for, so that whoever sends requests here sees that it is not ready. */
  noticedMs: number
  /** From then on no new answer begins. */
  refusedMs: number
  /** Then the answers that are left are ended. */
  cutMs: number
}

/** All of it takes less than 25 s (guarantee D9). */
const defaultTimes: DrainTimes = { noticedMs: 2_000, refusedMs: 5_000, cutMs: 21_500 }
const settledWithinMs = 2_000
const flushedWithinMs = 1_000
const lookedAfterMs = 20

/**
 * Lets a server's answers come to their end, before the server is closed: it goes on answering, new questions are taken
 * for some seconds more, and what has not ended by then is cut with an event that says so, never without one.
 */
export async function drain(parts: {
  openAnswers: OpenAnswers
  server: Pick<Server<unknown>, 'pendingRequests'> | null
  log: Log
  times?: Partial<DrainTimes>
}): Promise<void> {
  const { openAnswers, server, log } = parts
  const times = { ...defaultTimes, ...parts.times }
  const startedMs = performance.now()
  const at = (ms: number): Promise<void> => Bun.sleep(Math.max(0, startedMs + ms - performance.now()))

  await at(times.noticedMs)
  await Promise.race([openAnswers.drained(), at(times.refusedMs)])
  openAnswers.refuse(serverStopping({ detail: 'The server is being restarted. Ask again.', headers: retrySoon }))
  await Promise.race([openAnswers.drained(), at(times.cutMs)])
  if (openAnswers.size > 0) log.warn({ open_answers: openAnswers.size }, 'answers are cut: they took too long to end')
  openAnswers.cutAll(
    serverStopping({ detail: 'The server is being restarted, and the answer could not be finished. Ask again.' }),
  )
  await Promise.race([openAnswers.drained(), Bun.sleep(settledWithinMs)])
  await waitForLastBytes(server)
}

/** Last events may still be on their way out. */
async function waitForLastBytes(server: Pick<Server<unknown>, 'pendingRequests'> | null): Promise<void> {
  for (let waitedMs = 0; waitedMs < flushedWithinMs; waitedMs += lookedAfterMs) {
    if (!server?.pendingRequests) return
    await Bun.sleep(lookedAfterMs)
  }
}

const retrySoon = { 'retry-after': '2' }
