/** What the scores of each way of searching say. */
const scoreNames: Record<string, string> = {
  keyword: 'Share of the question it covers',
  semantic: 'Similarity',
  hybrid: 'Rank fusion',
}

/** A score in words: “Similarity 0.8123”. */
export function describeScore(options: { mode: string; score: number }): string {
  return `${scoreNames[options.mode] ?? 'Score'} ${options.score.toFixed(4)}`
}

/**
 * A score beside the best one of its ranking, from 0 to 1: scores of different ways and questions cannot be compared.
 * Undefined where scores only stand for ranks.
 */
export function findStrength(options: { mode: string; score: number; best: number }): number | undefined {
  const { mode, score, best } = options
  if (mode === 'hybrid') return undefined
  return best > 0 ? Math.max(0, score) / best : 0
}
