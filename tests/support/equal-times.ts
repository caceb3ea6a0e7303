import { availableParallelism, loadavg } from 'node:os'

const differenceMax = 0.05
// Each ends as soon as it holds; a true difference holds in none.
const measurementsMax = 10

/** One of several things that must take the same time. */
export interface TimedAttempt {
  title: string
}

/**
 * The attempts whose median time differs from the first one's by more than 5 % in every measurement and in all of them
 * together, with the difference; a busy machine blurs single ones (B3).
 */
export async function findDifferentTimes<T extends TimedAttempt>(options: {
  attempts: T[]
  tryOnce: (attempt: T) => Promise<unknown>
  /** How often each is tried in one measurement. */
  rounds: number
}): Promise<string[]> {
  const { attempts } = options
  const least = new Map<string, number>()
  const all: number[][] = attempts.map(() => [])
  for (let measurement = 0; measurement < measurementsMax; measurement++) {
    const times = await measure(options)
    for (const [index, values] of times.entries()) all[index]?.push(...values)
    for (const differences of [compare(times), compare(all)]) {
      for (const [index, { title }] of attempts.entries()) {
        least.set(title, Math.min(differences[index] ?? Infinity, least.get(title) ?? Infinity))
      }
    }
    if (Math.max(...least.values()) <= differenceMax) break
  }
  const different = [...least].filter(([, difference]) => difference > differenceMax)
  return different.map(([title, difference]) => `${title}: ${(difference * 100).toFixed(1)} %`)
}

/** How long each took, in milliseconds; in turns, so that a busy moment meets all of them alike. */
async function measure<T extends TimedAttempt>(options: {
  attempts: T[]
  tryOnce: (attempt: T) => Promise<unknown>
  rounds: number
}): Promise<number[][]> {
  const { attempts, tryOnce, rounds } = options
  const times = attempts.map(() => [] as number[])
  for (const attempt of attempts) await tryOnce(attempt)
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < attempts.length; turn++) {
      const index = (turn + round) % attempts.length
      const attempt = attempts[index]
      if (!attempt) continue
      const started = readTime()
      await tryOnce(attempt)
      times[index]?.push(readTime() - started)
    }
  }
  return times
}

/**
 * The clock on the wall, in milliseconds; on a machine that others keep busy the processor time of this process, server
 * included, as the clock would measure the others.
 */
const isBusy = (loadavg()[0] ?? 0) > availableParallelism() * 1.5
const readTime = (): number => {
  if (!isBusy) return performance.now()
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** By how much each median differs from the first's, as a share of it. */
function compare(times: number[][]): number[] {
  const [reference = 0, ...others] = times.map(median)
  return [0, ...others.map((value) => Math.abs(value - reference) / reference)]
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
