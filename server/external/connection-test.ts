import type { Clock } from '../platform/clock.ts'

/** A setting that may mend what a step found, and what it may be set to: a console makes it one press. */
export interface ConnectionFix {
  /** A field of the tenant, by its name on the wire: `pinecone_environment`, `model`. Never a secret. */
  field: string
  /** At least one; those that fit best first. `note` tells them apart: “1,536 dimensions, us-east-1-aws”. */
  choices: { value: string; note: string | null }[]
}

/** One row of a connection test, as the contract sends it. Never upstream text. */
export interface ConnectionStep {
  name: string
  ok: boolean
  /** What was found. */
  detail: string
  /** What to do about it; null when the step passed or was not run. */
  remedy: string | null
  /** 0 for a step that was not run. */
  latency_ms: number
  /** What could be set instead; absent when nothing is known. */
  fixes?: ConnectionFix[]
}

/** The answer of a connection test: `ok` when every step is. */
export interface ConnectionTest {
  ok: boolean
  steps: ConnectionStep[]
}

/** What one step found. */
export interface StepFinding {
  ok: boolean
  detail: string
  remedy?: string
  /** Those without choices are left out. */
  fixes?: ConnectionFix[]
}

/**
 * Runs steps in order until one fails; the later ones are still listed, as `ok: false` with a detail that says they
 * were not run, so that a console can always show the same rows.
 */
export async function runSteps(
  steps: { name: string; run: () => Promise<StepFinding> }[],
  clock: Clock,
): Promise<ConnectionTest> {
  const done: ConnectionStep[] = []
  let failed: string | undefined
  for (const { name, run } of steps) {
    if (failed !== undefined) {
      done.push({ name, ok: false, detail: `Not run, because “${failed}” failed.`, remedy: null, latency_ms: 0 })
      continue
    }
    const startedMs = clock.monotonicMs()
    const { ok, detail, remedy = null, fixes = [] } = await run()
    const latencyMs = Math.round(clock.monotonicMs() - startedMs)
    const known = fixes.filter(({ choices }) => choices.length > 0)
    done.push({ name, ok, detail, remedy, latency_ms: latencyMs, ...(known.length > 0 ? { fixes: known } : {}) })
    if (!ok) failed = name
  }
  return { ok: failed === undefined, steps: done }
}
