/** An axis from zero: its end and its ticks, both nice. */
export interface Scale {
  max: number
  ticks: readonly number[]
}

/**
 * A scale whose end is just above the largest value, with two to four grid lines above zero; fewer where a line between
 * would be no `whole` number, as there is no half a request.
 */
export function makeScale(largest: number, options: { whole?: boolean } = {}): Scale {
  // Nothing to measure: the line of zero alone, as 1 of it may be a millionth of a dollar.
  if (!(largest > 0)) return { max: 1, ticks: [0] }
  const rough = largest / 3
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10]
    .map((factor) => factor * power)
    .find((candidate) => Math.ceil(largest / candidate) <= 3)
  const nice = step ?? 10 * power
  const size = options.whole ? Math.max(1, Math.ceil(nice)) : nice
  const count = Math.max(1, Math.ceil(Number((largest / size).toFixed(9))))
  // Rounded to the step's own digits, so that 3 × 0.1 is 0.3.
  const ticks = Array.from({ length: count + 1 }, (_, at) => Number((at * size).toPrecision(12)))
  return { max: ticks.at(-1) ?? largest, ticks }
}

/** Which of `count` points get a label when each needs `labelPx`: equal labels once, evenly thinned. */
export function chooseTicks(options: {
  labels: readonly string[]
  widthPx: number
  labelPx: number
}): readonly number[] {
  const { labels, widthPx, labelPx } = options
  const firsts = labels.flatMap((label, at) => (label !== '' && label !== labels[at - 1] ? [at] : []))
  const fitting = Math.max(1, Math.floor(widthPx / labelPx))
  const every = Math.ceil(firsts.length / fitting)
  return firsts.filter((_, at) => at % every === 0)
}
