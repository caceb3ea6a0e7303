import { sql } from 'drizzle-orm'
import type { Database } from './postgres.ts'

/** The states that jobs are counted by. */
export const jobStates = ['waiting', 'retrying', 'running', 'failed'] as const

/** How many jobs of a task are waiting, retrying, running, or failed for good. */
export interface JobFigure {
  task: string
  state: string
  jobs: number
}

/** Counts the jobs in the queue. */
export async function countJobs(database: Database): Promise<JobFigure[]> {
  const rows = await database.execute<{ task: string; state: string; jobs: string }>(
    sql`select task, state, jobs::text from public.job_figures()`,
  )
  return rows.map(({ task, state, jobs }) => ({ task, state, jobs: Number(jobs) }))
}
