import { bounded, type Figure, median, quantile } from './support/figures.ts'
import { readCpuMs, readRssKb } from './support/processes.ts'
import { addressOf, firstMark, streamTargets, type StreamTarget } from './support/requests.ts'
import { type Pace, paceMs, type Stage, tokensPerAnswer } from './support/stage.ts'

/** How much is measured. */
export interface StreamSize {
  rounds: number
  slotMs: number
  warmUpMs: number
  /** Streams of the product to check for lost ends, all together. */
  streamsMin: number
}

interface Slot {
  perSecond: number
  firstMs: number[]
  cpuPerThousand: number
}

/** People do not ask again in the very millisecond of an answer's end. */
const pauseBetweenMsMax = 100

const isPaced = (pace: Pace): boolean => pace === 'typing' || pace === 'slow'

/** All slots of one target in one scenario. */
interface Series {
  target: StreamTarget
  slots: Slot[]
}

interface Scenario {
  pace: Pace
  streams: number
  series: Series[]
}

/** Whole turns beside a bare pass-through of the same upstream's bytes. */
export class StreamBench {
  #completed = 0
  #failed = 0
  #lost = 0
  #sample: string | undefined
  readonly #scenarios: Scenario[] = []

  constructor(
    private readonly stage: Stage,
    private readonly size: StreamSize,
  ) {}

  /** Measures everything; returns the report by sections. */
  async run(): Promise<{ heading: string; figures: Figure[] }[]> {
    const memory = await this.#measureMemory()
    for (const pace of ['typing', 'running', 'together'] as const) {
      for (const streams of pace === 'running' ? [50, 200] : [1, 50, 200]) {
        const targets = Object.values(streamTargets(this.stage, pace))
        this.#scenarios.push({ pace, streams, series: targets.map((target) => ({ target, slots: [] })) })
      }
    }
    await this.#warmUp()
    for (let round = -1; round < this.size.rounds; round++) {
      for (const scenario of this.#scenarios) await this.#playRound(scenario, round)
    }
    await this.#fillUp()
    return [
      ...this.#scenarios.map((scenario) => ({ heading: headingOf(scenario), figures: describeScenario(scenario) })),
      { heading: '1,000 streams at once, 50 ms between tokens', figures: memory },
      { heading: 'Ends', figures: [this.#describeEnds()] },
    ]
  }

  /** Before everything else, in processes that have seen but a few streams. */
  async #measureMemory(): Promise<Figure[]> {
    const streams = 1_000
    const figures: Figure[] = []
    const targets = streamTargets(this.stage, 'slow')
    const firsts = new Map<string, number[]>()
    for (const target of [targets.upstream, targets['pass-through'], targets.server]) {
      await this.#load(target, { streams: 50, durationMs: 0, spreadMs: 0 })
      await this.#load(target, { streams: 50, durationMs: 0, spreadMs: 0 })
      const before = readRssKb(target.pid)
      let peak = before
      const watching = setInterval(() => (peak = Math.max(peak, readRssKb(target.pid))), 50)
      const result = await this.#load(target, { streams, durationMs: 0, spreadMs: 0 })
      clearInterval(watching)
      firsts.set(target.name, result.firstMs)
      if (target.name === 'upstream') continue
      const errors = result.failed + result.lost
      const perStream = (peak - before) / streams
      const isOwn = target.name === 'server'
      figures.push(
        {
          name: `${target.name}, errors`,
          value: String(errors),
          ...(isOwn ? { aim: '0', reached: errors === 0 } : {}),
        },
        isOwn
          ? bounded('server, memory a stream', perStream, { max: 130, digits: 0, unit: 'kB' })
          : { name: `${target.name}, memory a stream`, value: `${perStream.toFixed(0)} kB` },
      )
    }
    const direct = firsts.get('upstream') ?? []
    for (const name of ['pass-through', 'server']) {
      const own = firsts.get(name) ?? []
      const added = [0.5, 0.99].map((part) => (quantile(own, part) - quantile(direct, part)).toFixed(1))
      figures.push({
        name: `${name}, added time to first token, all begun in one instant`,
        value: `p50 ${added[0]} p99 ${added[1]} ms`,
      })
    }
    return figures
  }

  /** Until the compilers of the engine have settled: they take longer than a round. */
  async #warmUp(): Promise<void> {
    for (const target of Object.values(streamTargets(this.stage, 'together'))) {
      const durationMs = target.name === 'server' ? this.size.warmUpMs : this.size.warmUpMs / 4
      await this.#load(target, { streams: 100, durationMs, spreadMs: 0 })
    }
  }

  async #playRound(scenario: Scenario, round: number): Promise<void> {
    const { pace, streams } = scenario
    const slotMs = this.size.slotMs * (pace !== 'typing' ? 0.7 : streams === 1 ? 2 : 1)
    for (const { target, slots } of scenario.series) {
      const cpuBefore = readCpuMs(target.pid)
      // The first round warms up.
      const durationMs = round < 0 ? slotMs / 3 : slotMs
      const spreadMs = Math.min(durationMs / 2, paceMs[pace] * tokensPerAnswer)
      const pauseMsMax = isPaced(pace) ? pauseBetweenMsMax : 0
      const result = await this.#load(target, { streams, durationMs, spreadMs, pauseMsMax })
      const cpuMs = readCpuMs(target.pid) - cpuBefore
      if (round < 0) continue
      slots.push({
        perSecond: (result.completed / result.elapsedMs) * 1000,
        firstMs: result.firstMs,
        cpuPerThousand: (cpuMs / (result.completed * tokensPerAnswer)) * 1000,
      })
    }
  }

  /** Further streams at full speed until enough ends were seen. */
  async #fillUp(): Promise<void> {
    const { server } = streamTargets(this.stage, 'together')
    while (this.#completed + this.#failed + this.#lost < this.size.streamsMin) {
      await this.#load(server, { streams: 200, durationMs: 10_000, spreadMs: 0 })
    }
  }

  async #load(
    target: StreamTarget,
    load: { streams: number; durationMs: number; spreadMs: number; pauseMsMax?: number },
  ) {
    const result = await this.stage.load.run({
      ...addressOf(target.url),
      requests: target.requests,
      connections: load.streams,
      durationMs: load.durationMs,
      spreadMs: load.spreadMs,
      pauseMsMax: load.pauseMsMax ?? 0,
      timeoutMs: 60_000,
      firstMark,
      endMark: target.endMark,
    })
    if (target.name === 'server') {
      this.#completed += result.completed
      this.#failed += result.failed
      this.#lost += result.lost
      this.#sample ??= result.sample
    } else if (result.failed + result.lost > 0) {
      console.log(`  (${target.name}: ${result.failed} failed, ${result.lost} lost: ${result.sample})`)
    }
    return result
  }

  #describeEnds(): Figure {
    const all = this.#completed + this.#failed + this.#lost
    const bad = this.#failed + this.#lost
    return {
      name: 'server, lost ends (streams without `done`, errors included)',
      value: `${bad} of ${all.toLocaleString('en')}`,
      aim: '0 of 50,000',
      reached: bad === 0,
      note: this.#sample ?? (all < 50_000 ? 'fewer streams than the aim names; --full goes on to 50,000' : undefined),
    }
  }
}

function headingOf({ pace, streams }: Scenario): string {
  const between = {
    together: '0 ms: the whole answer in one write',
    running: '0 ms: each token a write of its own',
    typing: `${paceMs.typing} ms between tokens`,
    slow: `${paceMs.slow} ms between tokens`,
  }[pace]
  return `${streams} ${streams === 1 ? 'stream' : 'streams'} at a time, ${between}`
}

function describeScenario({ pace, streams, series }: Scenario): Figure[] {
  const [direct, pass, own] = series
  if (!direct || !pass || !own) return []
  const samples = own.slots.reduce((total, slot) => total + slot.firstMs.length, 0)
  const added = (part: number, of: Series): number => quantileOf(of, part) - quantileOf(direct, part)
  const rate = (of: Series): number => median(of.slots.map((slot) => slot.perSecond))
  const cpu = (of: Series): number => median(of.slots.map((slot) => slot.cpuPerThousand))
  const ratios = own.slots.map((slot, round) => slot.perSecond / (pass.slots[round]?.perSecond ?? 1))
  const figures: Figure[] = [
    {
      name: 'streams/s: upstream, pass-through, server',
      value: [direct, pass, own].map((of) => rate(of).toFixed(rate(of) < 100 ? 1 : 0)).join(' · '),
    },
  ]
  if (!isPaced(pace))
    figures.push(bounded('server : pass-through, streams/s', median(ratios), { min: 0.55, unit: '×' }))
  figures.push({
    name: 'pass-through, added time to first token',
    value: `p50 ${added(0.5, pass).toFixed(2)} p99 ${added(0.99, pass).toFixed(2)} ms`,
  })
  const note = `${samples} streams; direct p50 ${quantileOf(direct, 0.5).toFixed(2)} p99 ${quantileOf(direct, 0.99).toFixed(2)} ms`
  if (isPaced(pace)) {
    const most = streams === 200 ? { p50: 1, p99: 8 } : { p50: 0.8, p99: 4 }
    figures.push(
      bounded('server, added time to first token, p50', added(0.5, own), { max: most.p50, unit: 'ms', note }),
      bounded('server, added time to first token, p99', added(0.99, own), { max: most.p99, unit: 'ms' }),
    )
  } else {
    figures.push({
      name: 'server, added time to first token',
      value: `p50 ${added(0.5, own).toFixed(2)} p99 ${added(0.99, own).toFixed(2)} ms`,
      note: 'the commit of the question is not hidden behind the model here',
    })
  }
  figures.push({
    name: 'CPU per 1,000 chunks: pass-through, server',
    value: `${cpu(pass).toFixed(1)} · ${cpu(own).toFixed(1)} ms`,
  })
  const cpuRatio = own.slots.map((slot, round) => slot.cpuPerThousand / (pass.slots[round]?.cpuPerThousand || Infinity))
  // Less than a tenth of a second of CPU in a slot says nothing by a clock of 10 ms.
  if (isPaced(pace) && streams > 1)
    figures.push(bounded('CPU, server : pass-through', median(cpuRatio), { max: 1.5, unit: '×' }))
  return figures
}

/** Over all rounds: an outlier of one round is one, not a round's word. */
function quantileOf({ slots }: Series, part: number): number {
  const all = slots.flatMap((slot) => slot.firstMs)
  return quantile(all, part)
}
