import { inSpan, type Tracing } from '../platform/tracing.ts'
import type { TenantGate } from './tenant-gate.ts'

/** The gate with a span around each entry. */
export function traceTenantGate(gate: TenantGate, tracing: Tracing): TenantGate {
  return {
    ...gate,
    enter: (request, principal) => inSpan(tracing.begin('tenant gate'), () => gate.enter(request, principal)),
  }
}
