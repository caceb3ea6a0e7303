import { callApi } from './support/api.ts'
import { bounded, type Figure, quantile } from './support/figures.ts'
import { timeFirstToken } from './support/first-token.ts'
import { addressOf, writeRequest } from './support/requests.ts'
import type { Stage } from './support/stage.ts'

/** What the loud tenant may ask in a minute, and how many times as much it does. */
const requestsPerMinute = 1_200
const times = 20
const connections = 40
/** Between two questions of the quiet tenant. */
const askedEveryMs = 40

/**
 * What another tenant feels of one that asks 20 times as much as it may: its time to the first token, with and without
 * that one, in turns (issue 6: p99 moves by less than 20 %).
 */
export async function benchNoisyNeighbour(stage: Stage, size: { rounds: number; slotMs: number }): Promise<Figure[]> {
  const { together: loud, typing: quiet } = stage.tenants
  const url = `${stage.product.url}/chat/stream`
  await setLimit(stage, loud.id, requestsPerMinute)
  const requests = loud.members.map(({ token }) =>
    writeRequest({ method: 'POST', url, headers: { authorization: token }, body: { message: 'Again?' } }),
  )
  const alone: number[] = []
  const beside: number[] = []
  let sent = 0
  let letThrough = 0
  try {
    for (let round = -1; round < size.rounds; round++) {
      const before = await measure({ url, token: quiet.members[0]?.token ?? '', durationMs: size.slotMs })
      const [noise, during] = await Promise.all([
        stage.load.run({
          ...addressOf(url),
          requests,
          connections,
          durationMs: size.slotMs,
          spreadMs: 0,
          // On an average half of it: so many connections together ask 20 times the limit.
          pauseMsMax: (2 * connections * 60_000) / (requestsPerMinute * times),
          timeoutMs: 10_000,
        }),
        measure({ url, token: quiet.members[0]?.token ?? '', durationMs: size.slotMs }),
      ])
      // The first round warms up.
      if (round < 0) continue
      alone.push(...before)
      beside.push(...during)
      sent += noise.completed + noise.failed
      letThrough += noise.completed
    }
  } finally {
    await setLimit(stage, loud.id, null)
  }
  const minutes = (size.rounds * size.slotMs) / 60_000
  const [aloneP99, besideP99] = [quantile(alone, 0.99), quantile(beside, 0.99)]
  return [
    { name: 'loud tenant asks, requests/min', value: (sent / minutes).toFixed(0), note: `${letThrough} let through` },
    { name: 'first token alone, p50', value: `${quantile(alone, 0.5).toFixed(1)} ms` },
    { name: 'first token beside it, p50', value: `${quantile(beside, 0.5).toFixed(1)} ms` },
    { name: 'first token alone, p99', value: `${aloneP99.toFixed(1)} ms`, note: `${alone.length} answers` },
    { name: 'first token beside it, p99', value: `${besideP99.toFixed(1)} ms`, note: `${beside.length} answers` },
    bounded('p99 beside : alone', besideP99 / aloneP99, { max: 1.2, unit: '×' }),
  ]
}

function setLimit(stage: Stage, id: string, limit: number | null): Promise<unknown> {
  return callApi({
    url: `${stage.product.url}/admin/tenants/${id}`,
    method: 'PATCH',
    token: stage.superuserToken,
    body: { limits: { requests_per_minute: limit } },
  })
}

/** Asks again and again, whether or not the answers before have come; milliseconds to each first token. */
async function measure(asked: { url: string; token: string; durationMs: number }): Promise<number[]> {
  const endsAtMs = performance.now() + asked.durationMs
  const answers: Promise<number>[] = []
  while (performance.now() < endsAtMs) {
    answers.push(timeFirstToken(asked))
    await Bun.sleep(askedEveryMs)
  }
  return Promise.all(answers)
}
