import { median } from './support/figures.ts'
import { readCpuMs } from './support/processes.ts'
import { addressOf, chatRequests, streamTargets, writeRequest } from './support/requests.ts'
import type { Stage } from './support/stage.ts'

interface Step {
  name: string
  url: string
  pid: number
  requests: string[]
}

const connections = 50

/**
 * Where the rest goes: the server's CPU per request along the way of a turn, each step with one thing more than the
 * one before. The answer comes in one piece, so a stream's price is its turn's, not its tokens'.
 */
export async function benchBreakdown(stage: Stage, size: { rounds: number; slotMs: number }): Promise<string[][]> {
  const { url, pid } = stage.product
  const tenant = stage.tenants.together
  const token = tenant.members[0]?.token ?? ''
  const turns = chatRequests(url, tenant)
  const pass = streamTargets(stage, 'together')['pass-through']
  const get = (path: string, authorization?: string): string =>
    writeRequest({ method: 'GET', url: url + path, headers: authorization ? { authorization } : {} })
  const steps: Step[] = [
    { name: 'GET /health: the app itself, its log line', url, pid, requests: [get('/health')] },
    { name: 'GET /users/me, platform user: + identity', url, pid, requests: [get('/users/me', stage.superuserToken)] },
    { name: 'GET /users/me, tenant user: + one scoped query', url, pid, requests: [get('/users/me', token)] },
    {
      name: 'POST …/preview: a stream, nothing stored but the ledger',
      url,
      pid,
      requests: [
        writeRequest({
          method: 'POST',
          url: `${url}/admin/tenants/${tenant.id}/preview`,
          headers: { authorization: stage.superuserToken },
          body: { message: 'What do the documents say about the opening hours on Sundays?' },
        }),
      ],
    },
    {
      name: 'POST /chat/stream, new conversations: + the turn stored',
      url,
      pid,
      requests: turns.filter((_, n) => n % 2 === 1),
    },
    {
      name: 'POST /chat/stream, known conversations: + their history',
      url,
      pid,
      requests: turns.filter((_, n) => n % 2 === 0),
    },
    { name: 'pass-through of the same upstream', url: pass.url, pid: pass.pid, requests: pass.requests },
  ]
  const measured = steps.map((step) => ({ step, cpuUs: new Array<number>(), perSecond: new Array<number>() }))
  for (let round = -1; round < size.rounds; round++) {
    for (const { step, cpuUs, perSecond } of measured) {
      const cpuBefore = readCpuMs(step.pid)
      const result = await stage.load.run({
        ...addressOf(step.url),
        requests: step.requests,
        connections,
        durationMs: round < 0 ? size.slotMs / 3 : size.slotMs,
        spreadMs: 0,
        pauseMsMax: 0,
        timeoutMs: 10_000,
      })
      if (result.failed + result.lost > 0) console.log(`  (${step.name}: ${result.sample})`)
      if (round < 0) continue
      cpuUs.push(((readCpuMs(step.pid) - cpuBefore) * 1000) / result.completed)
      perSecond.push((result.completed / result.elapsedMs) * 1000)
    }
  }
  return measured.map(({ step, cpuUs, perSecond }) => [
    step.name,
    `${median(cpuUs).toFixed(0)} µs`,
    median(perSecond).toFixed(0),
  ])
}
