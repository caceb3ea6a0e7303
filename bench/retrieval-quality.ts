import { measureQuality } from '../tests/support/retrieval-quality.ts'
import { startScenario } from '../tests/support/scenario.ts'

/** How well each way of searching finds the passages of a small corpus of known questions; rows for a table. */
export async function benchRetrievalQuality(): Promise<string[][]> {
  const scenario = await startScenario()
  try {
    const measured = await measureQuality(scenario)
    return Object.entries(measured).map(([way, { recallAt5, meanReciprocalRank, ms, missed }]) => [
      way,
      recallAt5.toFixed(3),
      meanReciprocalRank.toFixed(3),
      `${ms.toFixed(1)} ms`,
      String(missed.length),
      missed[0] ?? '',
    ])
  } finally {
    await scenario.stop()
  }
}
