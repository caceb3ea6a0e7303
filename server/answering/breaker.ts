import { callWithDeadline } from '../external/call-deadline.ts'
import type { Clock } from '../platform/clock.ts'
import type { TenantId } from '../platform/ids.ts'

/** A call on a connection that may be known to fail. */
export interface GuardedCall<T> {
  tenantId: TenantId
  /** What the connection is made of: another makes it another connection, whose past is forgotten. */
  settings: string
  timeoutMs: number
  makeTimeout: () => Error
  signal: AbortSignal
  work: (signal: AbortSignal) => Promise<T>
  /** Whether the connection is to blame. */
  isFailure: (error: unknown) => boolean
}

/** What a guarded call throws instead of trying; `cause` is the newest failure. */
export class KnownToFail extends Error {
  constructor(override readonly cause: unknown) {
    super('the connection is known to fail')
  }
}

/** Keeps callers from waiting for a connection that is known to fail; each tenant has its own. */
export interface Breaker {
  /**
   * Runs a call. After three failures in a row it throws `KnownToFail` at once for some seconds, then lets one call
   * through: its caller waits for 80 ms, what comes later only tells whether the connection works again.
   */
  run<T>(call: GuardedCall<T>): Promise<T>
}

interface Circuit {
  settings: string
  failures: number
  lastFailure: unknown
  /** Monotonic milliseconds until which nothing is tried. */
  openUntilMs: number
  openForMs: number
  isProbing: boolean
}

const failuresMax = 3
const openMs = 10_000
const openMsMax = 120_000
const probeWaitedMs = 80
const circuitsMax = 10_000

/** A breaker of this process; only connections that fail are remembered. */
export function createBreaker(options: { clock: Clock }): Breaker {
  const { clock } = options
  const circuits = new Map<TenantId, Circuit>()

  function note(call: GuardedCall<unknown>, failure: unknown): void {
    const circuit = findCircuit(call) ?? {
      settings: call.settings,
      failures: 0,
      lastFailure: failure,
      openUntilMs: 0,
      openForMs: openMs / 2,
      isProbing: false,
    }
    circuit.failures += 1
    circuit.lastFailure = failure
    const nowMs = clock.monotonicMs()
    if (circuit.failures >= failuresMax && nowMs >= circuit.openUntilMs) {
      circuit.openForMs = Math.min(circuit.openForMs * 2, openMsMax)
      circuit.openUntilMs = nowMs + circuit.openForMs
    }
    if (circuits.size >= circuitsMax) circuits.clear()
    circuits.set(call.tenantId, circuit)
  }

  function findCircuit({ tenantId, settings }: GuardedCall<unknown>): Circuit | undefined {
    const circuit = circuits.get(tenantId)
    return circuit?.settings === settings ? circuit : undefined
  }

  async function attempt<T>(call: GuardedCall<T>, signal: AbortSignal): Promise<T> {
    try {
      const result = await callWithDeadline({ ...call, signal }, call.work)
      if (findCircuit(call)) circuits.delete(call.tenantId)
      return result
    } catch (error) {
      if (!signal.aborted && call.isFailure(error)) note(call, error)
      throw error
    }
  }

  async function probe<T>(call: GuardedCall<T>, circuit: Circuit): Promise<T> {
    circuit.isProbing = true
    // Goes on when its caller has left, or nobody would ever learn that the connection works again.
    const probing = attempt(call, new AbortController().signal).finally(() => {
      circuit.isProbing = false
    })
    probing.catch(() => undefined)
    const { promise: tooLong, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(new KnownToFail(circuit.lastFailure)), probeWaitedMs)
    try {
      return await Promise.race([probing, tooLong])
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    async run(call) {
      call.signal.throwIfAborted()
      const circuit = findCircuit(call)
      if (!circuit || circuit.failures < failuresMax) return attempt(call, call.signal)
      if (circuit.isProbing || clock.monotonicMs() < circuit.openUntilMs) throw new KnownToFail(circuit.lastFailure)
      return probe(call, circuit)
    },
  }
}
