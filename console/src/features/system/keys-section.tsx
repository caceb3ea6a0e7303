import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/api-context.ts'
import { formatWait } from '../../lib/format.ts'
import { formatPlural } from '../../lib/numbers.ts'
import { DescribedSection } from '../../ui/described-section.tsx'
import { Fact, Facts } from '../../ui/facts.tsx'
import { State } from '../../ui/state.tsx'
import { getKeyStateQueryOptions, type KeyState } from './system.queries.ts'

/** How far a rotation of the server's keys is, and what to do next. Never a key. */
export function KeysSection(): ReactNode {
  const { data: keys } = useQuery(getKeyStateQueryOptions(useApi()))
  if (keys === undefined) return null
  return (
    <DescribedSection
      wide
      title="Keys"
      lead="What secrets are sealed with, and tokens signed. Nobody can read a key here."
    >
      <Facts>
        <Fact name="Sealing">
          <SealingState sealing={keys.sealing} />
        </Fact>
        <Fact name="Tokens">
          {keys.tokens.has_former_key ? (
            <>
              <State kind="working">Tokens of the key before are accepted</State>
              <span className="text-ink-3">
                {formatWait(keys.tokens.accepted_seconds)} after the last server changed over, JWT_SECRET_KEY_PREVIOUS
                can go
              </span>
            </>
          ) : (
            <State kind="fine">One key</State>
          )}
        </Fact>
      </Facts>
    </DescribedSection>
  )
}

function SealingState({ sealing }: { sealing: KeyState['sealing'] }): ReactNode {
  const { current, former, lost } = sealing
  if (lost > 0) {
    return (
      <>
        <State kind="failed">{formatPlural(lost, 'secret')} cannot be opened</State>
        <span className="text-ink-3">
          they were sealed with a key that this server does not have: set SECRET_KEY_PREVIOUS to it, or enter them again
        </span>
      </>
    )
  }
  if (former > 0) {
    return (
      <>
        <State kind="attention">{formatPlural(former, 'secret')} on the key before</State>
        <span className="text-ink-3">
          run <code className="font-mono text-meta">bun run secrets:rotate</code>; it may be stopped and run again
        </span>
      </>
    )
  }
  return (
    <>
      <State kind="fine">{formatPlural(current, 'secret')} on the current key</State>
      {sealing.has_former_key && (
        <span className="text-ink-3">
          nothing needs the key before any more; sessions that were not used since end when SECRET_KEY_PREVIOUS goes
        </span>
      )}
    </>
  )
}
