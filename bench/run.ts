import { cpus, loadavg } from 'node:os'
import { benchBreakdown } from './breakdown.ts'
import { capacityBenches, describeCapacity, type Section } from './capacity.ts'
import { StreamBench } from './chat-stream.ts'
import { benchColdTenant } from './cold-tenant.ts'
import { benchCrowdedPool } from './crowded-pool.ts'
import { benchFleet } from './fleet.ts'
import { benchMoves } from './moves.ts'
import { benchNoisyNeighbour } from './noisy-neighbour.ts'
import { benchProvisioning } from './provisioning.ts'
import { benchScopedRead } from './scoped-read.ts'
import { benchScrape } from './scrape.ts'
import { benchKeywordSearch } from './keyword-search.ts'
import { benchRetrievalQuality } from './retrieval-quality.ts'
import { type Figure, printFigures, printTable } from './support/figures.ts'
import { readRssKb } from './support/processes.ts'
import { openStage, type Stage, tokensPerAnswer } from './support/stage.ts'
import { benchUsersMe } from './users-me.ts'

/**
 * `bun run bench [name …] [--quick] [--full] [--profile=<folder>]`: measures the server beside bare floors, all in one
 * run, taking turns, on loopback (design §9). Names: users-me, chat-stream, noisy-neighbour, breakdown,
 * scrape, scoped-read, provisioning, cold-tenant, moves, fleet, retrieval-quality, keyword-search. It asserts nothing.
 * `--full`: 1,000 tenants in the fleet. `capacity`: quickly, what docs/capacity.md has, and its table.
 */
const words = process.argv.slice(2)
const isCapacity = words.includes('capacity')
const isQuick = isCapacity || words.includes('--quick')
const isFull = words.includes('--full')
const profileDir = words.find((word) => word.startsWith('--profile='))?.slice('--profile='.length)
const names = isCapacity ? capacityBenches : words.filter((word) => !word.startsWith('-'))
const isWanted = (name: string): boolean => names.length === 0 || names.some((wanted) => name.includes(wanted))

const rounds = isQuick ? 2 : 4
const slotMs = isQuick ? 1_500 : 3_000
const minutesMax = isFull ? 40 : 20

const [cpu] = cpus()
console.log(
  [
    `${cpus().length} × ${cpu?.model.trim()}, Bun ${Bun.version}. Nothing is pinned: the server under measurement, its PostgreSQL (fsync on),`,
    'the upstream, the load generator and this script share these cores; servers that wait their turn are idle.',
    `Load average before the start, others' doing: ${loadavg()[0]?.toFixed(1)}. Figures of a busy machine say little about the server.`,
    `${rounds} rounds after one to warm up; each server in turn in every round. Answers of ${tokensPerAnswer} tokens; a chunk is one token.`,
  ].join('\n'),
)

/** Before anything of ours runs. */
const measuredOn = `Measured by \`bun run bench capacity\` on ${cpus().length} × ${cpu?.model.trim()}, Bun ${Bun.version}; others’ load average before the start: ${loadavg()[0]?.toFixed(1)}.`

let stage: Stage | undefined
const startedMs = performance.now()
const late = setTimeout(() => void leave(`no end within ${minutesMax} minutes`), minutesMax * 60_000)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void leave(signal))

/** Those that start what they need by themselves; they come first, while nothing else runs. */
const apart = ['retrieval-quality', 'keyword-search']
if (isWanted('retrieval-quality')) {
  printTable(
    'How well passages are found: 50 questions on 46 passages (semantic by an embedding that knows words, not meaning)',
    ['way', 'recall@5', 'MRR', 'median', 'missed', 'such as'],
    await benchRetrievalQuality(),
  )
}
if (isWanted('keyword-search')) {
  const passages = isQuick ? 10_000 : 100_000
  printTable(
    `Full-text search of a tenant with ${passages.toLocaleString('en-US')} passages, milliseconds`,
    ['question', 'way', 'p50', 'p95'],
    await benchKeywordSearch({ passages, asked: isQuick ? 30 : 100 }),
  )
}
if (names.length > 0 && names.every((name) => apart.some((own) => own.includes(name)))) await finish()

stage = await openStage({ profileDir })
const restKb = readRssKb(stage.product.pid)
const sections: Section[] = []
function show(bench: string, heading: string, figures: Figure[]): void {
  sections.push({ bench, heading, figures })
  printFigures(heading, figures)
}
try {
  if (isWanted('users-me')) {
    show('users-me', 'GET /users/me of a tenant user, 64 connections', await benchUsersMe(stage, { rounds, slotMs }))
  }
  if (isWanted('chat-stream')) {
    const bench = new StreamBench(stage, {
      rounds,
      slotMs,
      warmUpMs: isQuick ? 6_000 : 15_000,
      streamsMin: isFull ? 50_000 : 0,
    })
    for (const { heading, figures } of await bench.run()) show('chat-stream', `POST /chat/stream: ${heading}`, figures)
  }
  if (isWanted('noisy-neighbour')) {
    const size = { rounds, slotMs: slotMs * 2 }
    show(
      'noisy-neighbour',
      'One tenant asks 20 times what it may; another, asking as ever',
      await benchNoisyNeighbour(stage, size),
    )
    show(
      'noisy-neighbour',
      'One tenant asks for thousands of heavy reads at once; another, asking as ever',
      await benchCrowdedPool(stage, { rounds: 2 }),
    )
  }
  if (isWanted('scrape')) show('scrape', 'The figures of a server with four busy tenants', await benchScrape(stage))
  if (isWanted('breakdown')) {
    printTable(
      'Where it goes: CPU of the server, 50 connections',
      ['request', 'CPU each', 'requests/s'],
      await benchBreakdown(stage, { rounds: Math.min(rounds, 3), slotMs: slotMs * 0.7 }),
    )
  }
  if (isWanted('scoped-read')) {
    show('scoped-read', 'One row by its id, 64 at once', await benchScopedRead(stage, { rounds, slotMs: slotMs / 3 }))
  }
  if (isWanted('provisioning')) {
    show('provisioning', 'Tenants with a database of their own', await benchProvisioning(stage, { rounds: rounds * 3 }))
  }
  if (isWanted('cold-tenant')) {
    show('cold-tenant', 'A dedicated tenant, cold and warm', await benchColdTenant(stage, { rounds: rounds * 2 }))
  }
  if (isWanted('moves')) {
    show('moves', 'Moving a tenant and back', await benchMoves(stage, isQuick ? [1_000] : [1_000, 10_000, 100_000]))
  }
  if (isWanted('fleet')) {
    const tenants = isFull ? 1_000 : isQuick ? 20 : 100
    show('fleet', `${tenants.toLocaleString('en')} dedicated tenants`, await benchFleet(stage, { tenants }))
  }
} finally {
  await stage.close()
}
if (isCapacity) console.log(`\n${measuredOn}\n\n${describeCapacity(sections, restKb)}`)
await finish()

async function finish(): Promise<never> {
  clearTimeout(late)
  console.log(`\n${((performance.now() - startedMs) / 60_000).toFixed(1)} minutes`)
  process.exit(0)
}

async function leave(reason: string): Promise<void> {
  console.error(`stopped: ${reason}`)
  await stage?.close()
  process.exit(1)
}
