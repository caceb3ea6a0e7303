import { expect, test } from 'bun:test'
import { measureQuality } from '../../support/retrieval-quality.ts'
import { startScenario } from '../../support/scenario.ts'

test('of fifty known questions nearly all find their passage among the first five, most of them first', async () => {
  const scenario = await startScenario()
  try {
    const { keyword, semantic, hybrid } = await measureQuality(scenario)
    expect(keyword.recallAt5).toBeGreaterThanOrEqual(0.96)
    expect(keyword.meanReciprocalRank).toBeGreaterThanOrEqual(0.92)
    // The fake knows no meaning: a floor for the way there and back, not for a model.
    expect(semantic.recallAt5).toBeGreaterThanOrEqual(0.88)
    expect(semantic.meanReciprocalRank).toBeGreaterThanOrEqual(0.75)
    expect(hybrid.recallAt5).toBeGreaterThanOrEqual(0.94)
    expect(hybrid.meanReciprocalRank).toBeGreaterThanOrEqual(0.9)
  } finally {
    await scenario.stop()
  }
}, 60_000)
