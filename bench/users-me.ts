import { bounded, type Figure, median } from './support/figures.ts'
import { readCpuMs } from './support/processes.ts'
import { addressOf, writeRequest } from './support/requests.ts'
import type { Stage } from './support/stage.ts'

const connections = 64

/** `GET /users/me` of tenants' users beside a bare route with the same token check and one query. */
export async function benchUsersMe(stage: Stage, size: { rounds: number; slotMs: number }): Promise<Figure[]> {
  const { members } = stage.tenants.together
  const targets = [
    { name: 'server', server: stage.product },
    ...stage.floors.map(({ driver, server }) => ({ name: `floor by ${driver}`, server })),
  ].map((target) => ({ ...target, perSecond: new Array<number>(), cpuUs: new Array<number>(), bad: 0 }))
  for (let round = -1; round < size.rounds; round++) {
    for (const target of targets) {
      const { server } = target
      const url = `${server.url}/users/me`
      const requests = members.map(({ token }) =>
        writeRequest({ method: 'GET', url, headers: { authorization: token } }),
      )
      const cpuBefore = readCpuMs(server.pid)
      const result = await stage.load.run({
        ...addressOf(server.url),
        requests,
        connections,
        durationMs: round < 0 ? size.slotMs / 2 : size.slotMs,
        spreadMs: 0,
        pauseMsMax: 0,
        timeoutMs: 10_000,
      })
      target.bad += result.failed + result.lost
      // The first round warms up.
      if (round < 0) continue
      target.perSecond.push((result.completed / result.elapsedMs) * 1000)
      target.cpuUs.push(((readCpuMs(server.pid) - cpuBefore) * 1000) / result.completed)
    }
  }
  const [own, ...floors] = targets
  const figures = targets.flatMap((target): Figure[] => [
    {
      name: `${target.name}, requests/s`,
      value: median(target.perSecond).toFixed(0),
      note: spreadOf(target.perSecond),
    },
    { name: `${target.name}, CPU per request`, value: `${median(target.cpuUs).toFixed(1)} µs` },
  ])
  for (const floor of floors) {
    const ratio = median(own?.perSecond.map((figure, round) => figure / (floor.perSecond[round] ?? 1)) ?? [])
    figures.push(bounded(`server : ${floor.name}`, ratio, { min: 1, unit: '×' }))
  }
  const bad = targets.reduce((total, target) => total + target.bad, 0)
  figures.push({ name: 'answers other than 200', value: String(bad), aim: '0', reached: bad === 0 })
  return figures
}

function spreadOf(figures: number[]): string {
  return `${Math.min(...figures).toFixed(0)} to ${Math.max(...figures).toFixed(0)} in ${figures.length} rounds`
}
