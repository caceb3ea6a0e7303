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
              <State kind="working">Tokens of the old key still work</State>
              <span className="text-ink-3">
                remove JWT_SECRET_KEY_PREVIOUS {formatWait(keys.tokens.accepted_seconds)} after every server has the new
                key
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
          sealed with a key that this server does not have: set SECRET_KEY_PREVIOUS to it, or enter them again
        </span>
      </>
    )
  }
  if (former > 0) {
    return (
      <>
        <State kind="attention">{formatPlural(former, 'secret')} still on the old key</State>
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
          remove SECRET_KEY_PREVIOUS when you like; whoever has not been here since the change signs in again
        </span>
      )}
    </>
  )
}
