import type { ReactNode } from 'react'
import { useNow } from '../../lib/use-now.ts'
import { Bone } from '../../ui/bone.tsx'
import { Section } from '../../ui/section.tsx'
import { When } from '../../ui/time.tsx'
import { describeCounter, findLately, type LimitScope, titleOf } from './limit-words.ts'
import type { Refusal } from './limits.queries.ts'
import type { LimitName } from '../../panels/limit-names.ts'

/** Which limits refused somebody within a day, and the way to the field that would let them on. */
export function LatelyRefused(props: {
  /** The last ones, newest first; undefined while they come. */
  refusals: readonly Refusal[] | undefined
  /** Undefined for those who may only look. */
  goTo: ((limit: { name: LimitName; scope: LimitScope }) => void) | undefined
}): ReactNode {
  const { refusals, goTo } = props
  const now = useNow()
  const lately = refusals && findLately({ refusals, now })
  return (
    <Section title="Refused within a day">
      {lately === undefined ? (
        <Bone width={180} height={20} />
      ) : lately.length === 0 ? (
        <p className="text-ink-3">Nobody was refused.</p>
      ) : (
        <ul className="flex flex-col gap-3">
          {lately.map((refusal) => (
            <li key={refusal.id} className="flex items-start gap-3">
              <div className="min-w-0 flex-1">
                <p className="text-ink">
                  {titleOf(refusal.name)}
                  <span className="text-ink-2">{refusal.scope === 'user' ? ', each user' : ', everybody'}</span>
                </p>
                <p className="text-meta wrap-anywhere text-ink-3 tabular-nums">
                  {describeCounter(refusal)}, last <When time={refusal.at} />
                </p>
              </div>
              {goTo && (
                <button
                  type="button"
                  className="link shrink-0"
                  aria-label={`Change limit: ${titleOf(refusal.name)}`}
                  onClick={() => goTo(refusal)}
                >
                  Change
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {!goTo && lately !== undefined && lately.length > 0 && (
        <p className="mt-3 text-meta text-ink-3">A superuser of this server can raise a limit.</p>
      )}
    </Section>
  )
}
