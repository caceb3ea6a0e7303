import type { ProblemWords } from '../../api/problem-words.ts'
import { describeProblem, findRefusals, type ApiProblem } from '../../api/problem.ts'
import { formatCount, formatDuration, formatPlural, formatShare } from '../../lib/numbers.ts'
import type { StateKind } from '../../ui/state.tsx'

/** What is read of a server to tell how it does. */
export interface ServerCondition {
  is_draining: boolean
  tenants: number
  tenants_max: number | null
  /** Whether it answers now; undefined where that is not known yet. */
  answers?: boolean
  connections: {
    max: number
    open: number
    waiting: number
    hits: number
    waits: number
    wait_ms_max: number
    failed: number
  } | null
}

/** A server's state: what keeps new tenants away goes before that all is well. */
export function describeServer(server: ServerCondition): { kind: StateKind; words: string } {
  if (server.answers === false) {
    return { kind: 'failed', words: server.is_draining ? 'Draining, does not answer' : 'Does not answer' }
  }
  if (server.is_draining) return { kind: 'suspended', words: 'Draining' }
  if (server.tenants_max !== null && server.tenants >= server.tenants_max) return { kind: 'attention', words: 'Full' }
  if (server.connections !== null && server.connections.waiting > 0) {
    return { kind: 'attention', words: 'Requests wait' }
  }
  return { kind: 'fine', words: 'Takes tenants' }
}

/** Tenants that live there, of those that may: “12 of 200”, “12”. */
export function describeTenants(server: Pick<ServerCondition, 'tenants' | 'tenants_max'>): string {
  const { tenants, tenants_max: max } = server
  return max === null ? formatCount(tenants) : `${formatCount(tenants)} of ${formatCount(max)}`
}

/** Connections that are open, of those that may be: “14 of 97”; “none yet” before the first. */
export function describeConnections(connections: ServerCondition['connections']): string {
  return connections === null ? 'none yet' : `${formatCount(connections.open)} of ${formatCount(connections.max)}`
}

/** How often an open connection was there when one was needed; undefined before any was. */
export function hitRateOf(connections: ServerCondition['connections']): number | undefined {
  if (connections === null) return undefined
  const asked = connections.hits + connections.waits
  return asked === 0 ? undefined : connections.hits / asked
}

/** How the connections did, in a line: the hit rate, the longest wait, what failed. */
export function describePool(connections: ServerCondition['connections']): string {
  const rate = hitRateOf(connections)
  if (connections === null || rate === undefined) return 'no data'
  const parts = [formatShare(rate)]
  if (connections.waits > 0) parts.push(`longest wait ${formatDuration(connections.wait_ms_max)}`)
  if (connections.failed > 0) parts.push(`${formatCount(connections.failed)} failed`)
  return parts.join(', ')
}

/** Why a server cannot be removed; undefined when it can. */
export function findRemovalObstacle(server: { is_built_in: boolean; tenants: number }): string | undefined {
  if (server.is_built_in) return 'The core database is there'
  if (server.tenants === 0) return undefined
  return `${formatPlural(server.tenants, 'tenant lives', 'tenants live')} there: move or purge them first`
}

/** Why a server was not saved, where no field can say it. */
export function describeRefusedServer(problem: ApiProblem): ProblemWords {
  switch (problem.code) {
    case 'database_server.in_use':
      return { title: 'It cannot be removed.', advice: problem.message }
    case 'database_server.not_found':
      return { title: 'This server is gone.', advice: 'Somebody removed it meanwhile.' }
    default:
      return describeProblem({ problem, attempt: 'other' })
  }
}

/** The fields of the form that a problem speaks of. */
export function findServerRefusals<Name extends string>(options: {
  problem: ApiProblem
  names: readonly Name[]
}): { name: Name; message: string }[] {
  const { problem, names } = options
  if (problem.code !== 'database_server.name_taken') return findRefusals(options)
  return names.filter((name) => name === 'name').map((name) => ({ name, message: problem.message }))
}

/** Why this is no address of a PostgreSQL server, before it is tried; undefined when it may be one. */
export function checkAddress(text: string): string | undefined {
  const typed = text.trim()
  if (typed === '') return 'Enter an address.'
  if (!/^postgres(ql)?(\+\w+)?:\/\//.test(typed)) return 'Begin with postgres://.'
  const url = URL.parse(typed.replace(/^[a-z+]+:/, 'http:'))
  if (!url?.hostname) return 'Write it as postgres://user:password@host:5432/database.'
  return url.username && url.password ? undefined : 'The owner’s name and password belong into it.'
}
