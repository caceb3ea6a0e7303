import type { ReactNode } from 'react'
import { classNames } from '../../ui/class-names.ts'
import { Meter } from '../../ui/meter.tsx'
import { State } from '../../ui/state.tsx'
import { formatAmount, type LimitWords, tellReset } from './limit-words.ts'
import type { LimitFacts } from './limits.queries.ts'
import { useNow } from '../../lib/use-now.ts'

/** What is used now, against the limit in force; said aloud where it refuses. */
export function LimitStanding(props: { words: LimitWords; facts: LimitFacts }): ReactNode {
  const { words, facts } = props
  const now = useNow()
  const standing = facts.standings.find(({ name }) => name === words.name)
  const limit = facts.in_force[words.name]
  if (!standing || standing.spent === null) return null
  const used = formatAmount(words.name, standing.spent)
  const share = limit === null ? undefined : limit === 0 ? 1 : standing.spent / limit
  const refused = limit !== null && standing.spent >= limit
  const until = refused && standing.resets_at !== null ? tellReset({ time: standing.resets_at, now }) : undefined
  const sentence = [
    `${used}${limit === null ? '' : ` of ${formatAmount(words.name, limit)}`} ${words.span}`,
    standing.held > 0 ? `${formatAmount(words.name, standing.held)} of it set aside for answers under way` : undefined,
    until,
  ]
    .filter((part) => part !== undefined)
    .join(', ')
  return (
    <div className="mt-2 max-w-[360px]">
      {limit !== null && (
        <Meter
          label={`${words.title}, ${used} of ${formatAmount(words.name, limit)}`}
          share={share}
          refused={refused}
        />
      )}
      <p className={classNames('mt-1 text-meta tabular-nums', refused ? 'text-danger' : 'text-ink-2')}>
        {refused ? <State kind="failed">Refuses now: {sentence}</State> : sentence}
      </p>
    </div>
  )
}
